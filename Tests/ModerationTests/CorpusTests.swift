import Foundation
import Testing

@testable import Moderation

/// Real word lists, evasions and chat, when `MARTLET_CORPORA` names the folder that holds them.
@Suite(
    .timeLimit(.minutes(5)), .enabled(if: ProcessInfo.processInfo.environment["MARTLET_CORPORA"] != nil))
struct CorpusTests {
    private let root = ProcessInfo.processInfo.environment["MARTLET_CORPORA"] ?? ""

    private func list(_ language: String) -> ModerationRule {
        ModerationRule(id: language, wordsFile: "\(root)/moderation/ldnoobw/\(language)", action: .flag)
    }

    private func isFound(_ text: String, by engine: ModerationEngine) -> Bool {
        !engine.judge(ModerationInput(text: text, channelName: "c", authorKind: .user)).matches.isEmpty
    }

    @Test(arguments: ["en", "de", "es", "fr", "ja", "ru", "zh"])
    func `every word of a list is found by its list`(language: String) throws {
        let engine = try ModerationEngine(rules: [list(language)])
        let words = try String(contentsOfFile: "\(root)/moderation/ldnoobw/\(language)", encoding: .utf8)
            .split(whereSeparator: \.isNewline)
        for word in words { #expect(isFound("x \(word) y", by: engine), "a word of \(language) is missed") }
    }

    /// Each obfuscated case refers to the case that it was made of; what is missing from it is the hidden word.
    @Test(arguments: [("spell_leet_h", 0.96), ("spell_space_add_h", 0.98)])
    func `hidden words are found`(function: String, share: Double) throws {
        let text = try String(contentsOfFile: "\(root)/moderation/hatecheck/test_suite_cases.csv", encoding: .utf8)
        let rows = CSV.rows(text)
        let header = try #require(rows.first)
        func column(_ name: String) throws -> Int { try #require(header.firstIndex(of: name)) }
        let (function_, id, test, reference) = (
            try column("functionality"), try column("case_id"), try column("test_case"), try column("ref_case_id")
        )
        let cases = Dictionary(uniqueKeysWithValues: rows.dropFirst().map { ($0[id], $0[test]) })
        func words(_ text: String) -> [String] {
            text.lowercased().split { !$0.isLetter && !$0.isNumber && !"@$!'-".contains($0) }.map { word in
                String(word.reversed().drop { !$0.isLetter && !$0.isNumber }.reversed())
            }
        }
        var total = 0
        var found = 0
        for row in rows.dropFirst() where row[function_] == function {
            guard let original = cases[row[reference]] else { continue }
            let hidden = Set(words(original)).subtracting(words(row[test])).filter { $0.count > 2 }
            guard !hidden.isEmpty else { continue }
            total += 1
            let rule = ModerationRule(id: "r", words: Array(hidden), action: .flag)
            if isFound(row[test], by: try ModerationEngine(rules: [rule])) { found += 1 }
        }
        print("\(function): \(found) of \(total) hidden words found")
        #expect(total > 100)
        #expect(Double(found) >= share * Double(total))
    }

    @Test func `ordinary chat is let alone`() throws {
        let words = try String(contentsOfFile: "\(root)/moderation/ldnoobw/en", encoding: .utf8)
            .split(whereSeparator: \.isNewline).map(String.init).filter { !$0.contains(" ") }
        let engine = try ModerationEngine(rules: [ModerationRule(id: "en", words: words, action: .flag)])
        let folder = "\(root)/chat/irc"
        var lines: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".txt") {
            let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")), as: UTF8.self)
            for line in text.split(separator: "\n") {
                if let start = line.firstIndex(of: ">"), line.hasPrefix("[") {
                    lines.insert(String(line[line.index(after: start)...]))
                }
            }
        }
        var steps: [ModerationStep: Int] = [:]
        var hits = 0
        let clock = ContinuousClock()
        let elapsed = clock.measure {
            for line in lines {
                let verdict = engine.judge(ModerationInput(text: line, channelName: "c", authorKind: .user))
                guard !verdict.matches.isEmpty else { continue }
                hits += 1
                let step = verdict.matches.contains { $0.step == .original } ? .original : verdict.matches[0].step
                steps[step, default: 0] += 1
            }
        }
        let bytes = lines.reduce(0) { $0 + $1.utf8.count }
        print("\(hits) of \(lines.count) lines hit, by reading: \(steps); \(bytes) bytes in \(elapsed)")
        #expect(lines.count > 1000)
        #expect(hits * 100 < lines.count)
    }
}

/// Just enough of RFC 4180 for the sets.
private enum CSV {
    static func rows(_ text: String) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field = ""
        var isQuoted = false
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                row.append(field)
                field = ""
            case _ where character.isNewline && !isQuoted:
                rows.append(row + [field])
                row = []
                field = ""
            default: field.append(character)
            }
        }
        return rows
    }
}
