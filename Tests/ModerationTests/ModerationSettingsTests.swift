import Foundation
import Settings
import Testing
import Text

@testable import Moderation

@Suite(.timeLimit(.minutes(1)))
struct ModerationSettingsTests {
    private let spec = SettingsSpec {
        SettingKey("rules", .list(.section(ModerationRule.spec)), "What is looked for.")
    }

    @Test func `rules are read from a file`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "moderation-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("# a list\nfoo\n\n bar* \n".utf8).write(to: folder.appending(path: "words.txt"))
        let text = """
            rules:
              - id: a
                words_file: words.txt
                except: [barn]
                action: mask
                skip: [urls]
              - {id: b, words: ["*x*"], regexes: ["y+"], channels: [c], applies_to: [bots], action: block, reason: No}
            """
        let (settings, problems) = SettingsReader.read(yaml: text, spec: spec, file: "\(folder.path)/m.yaml")
        #expect(problems == [])
        let (rules, more) = ModerationRule.read(settings)
        #expect(more == [])
        #expect(rules[0].action == .mask(with: "*") && rules[0].channels == nil && rules[0].skip == [.urls])
        #expect(rules[1].action == .block(reason: "No") && rules[1].appliesTo == [.bot])
        let engine = try ModerationEngine(rules: rules)
        let verdict = engine.judge(ModerationInput(text: "foo bars barn", channelName: "c", authorKind: .user))
        guard case .mask(let edits) = verdict.action else {
            Issue.record("not masked")
            return
        }
        #expect(TextEdit.applied(edits, to: "foo bars barn") == "*** **** barn")
    }

    @Test func `a bad rule is named with its place`() {
        let text = """
            rules:
              - id: a
                regexes:
                  - fine
                  - "(?=x)y"
                words: ["a*b", ok]
              - id: a
              - {id: c, words_file: /nonexistent}
            """
        let (settings, problems) = SettingsReader.read(yaml: text, spec: spec, file: "m.yaml")
        #expect(problems == [])
        let found = ModerationRule.read(settings).problems.map(\.description)
        #expect(
            found == [
                "m.yaml:6:13: rules[0].words[0]: a * stands only at the beginning or the end (\"a*b\")",
                "m.yaml:5:9: rules[0].regexes[1]: look-ahead and look-behind are not supported",
                "m.yaml:7:9: rules[1].id: two rules have the name \"a\"",
                "m.yaml:7:5: rules[1]: looks for nothing; give words, words_file or regexes",
                "m.yaml:8:25: rules[2].words_file: the file /nonexistent cannot be read: No such file or directory",
            ])
    }

    @Test func `the declaration gives an example that reads back`() {
        let (_, problems) = SettingsReader.read(yaml: spec.exampleYAML(), spec: spec, file: "m.yaml")
        #expect(problems == [])
    }
}
