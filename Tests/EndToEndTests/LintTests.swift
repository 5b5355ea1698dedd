import ChatModel
import Foundation
import HTTPTypes
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// `martlet bridge lint` and the server look at a bridge's file with the same eyes.
@Suite(.timeLimit(.minutes(2)))
struct LintTests {
    /// A file with something wrong, and what has to be said of it: a part of the sentence at a line.
    private struct Mistake {
        let text: String
        let said: [(line: Int, words: String)]
    }

    private static func moderation(_ rule: String) -> String {
        "bridge: moderation\nsettings:\n  rules:\n    - { id: first, words: [zzz] }\n    - \(rule)\n"
    }

    private static func process(_ settings: String) -> String {
        "bridge: process\non: [message.created]\nsettings:\n  \(settings)\n"
    }

    private static func webhook(_ settings: String, url: String = "https://example.org/hook") -> String {
        """
        bridge: webhook
        settings:
          url: "\(url)"
          secret: whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz
          \(settings)

        """
    }

    private static func elasticsearch(_ settings: String) -> String {
        "bridge: elasticsearch\nsettings:\n  \(settings)\n"
    }

    private static func email(_ settings: String) -> String {
        "bridge: email\nsettings:\n  domain: chat.example.org\n  \(settings)\n"
    }

    private static func mistakes() -> [String: Mistake] {
        [
            "m-name": Mistake(
                text: moderation("{ id: first, words: [a] }"), said: [(5, "two rules have the name \"first\"")]),
            "m-regex": Mistake(
                text: moderation("{ id: b, regexes: [\"(unclosed\", fine, \"(?<=a)b\", \"(a)\\\\1\"] }"),
                said: [(5, "regexes[0]"), (5, "look-behind"), (5, "regexes[3]")]),
            "m-nothing": Mistake(text: moderation("{ id: b }"), said: [(5, "looks for nothing")]),
            "m-file": Mistake(
                text: moderation("{ id: b, words_file: nope.txt }"), said: [(5, "nope.txt cannot be read")]),
            "m-folder": Mistake(text: moderation("{ id: b, words_file: . }"), said: [(5, "is no file")]),
            "m-latin": Mistake(
                text: moderation("{ id: b, words_file: latin.txt }"), said: [(5, "not valid UTF-8 in line 2")]),
            "m-stars": Mistake(
                text: moderation("{ id: b, words_file: stars.txt }"),
                said: [(5, "line 2 of the file"), (5, "line 4 of the file")]),
            "m-words": Mistake(
                text: moderation(
                    "{ id: b, words: [\"\", \"  \", \"a*b\", \"\(String(repeating: "x", count: 101))\"] }"),
                said: [(5, "words[0]"), (5, "words[1]"), (5, "a * stands only"), (5, "longer than 100 bytes")]),
            "m-except": Mistake(
                text: moderation("{ id: b, words: [a], except: [\"*\"] }"),
                said: [(5, "except[0]: nothing to look for")]),
            "p-line": Mistake(
                text: process("command: \"ls -la\""), said: [(4, "[ls, -la]")]),
            "p-path": Mistake(text: process("command: [no-such-program]"), said: [(4, "is not on PATH")]),
            "p-file": Mistake(text: process("command: [./nope.py]"), said: [(4, "there is no file")]),
            "p-folder": Mistake(text: process("command: [/tmp]"), said: [(4, "is a folder")]),
            "p-mode": Mistake(text: process("command: [./stars.txt]"), said: [(4, "chmod +x")]),
            "p-script": Mistake(text: process("command: [./script]"), said: [(4, "/no/such/interpreter")]),
            "p-env": Mistake(text: process("command: [./enved]"), said: [(4, "no-such-language")]),
            "p-ends": Mistake(text: process("command: [./windows]"), said: [(4, "line ends of Windows")]),
            "p-empty": Mistake(text: process("command: []"), said: [(4, "expected a program")]),
            "p-directory": Mistake(
                text: process("{ command: [ls], directory: nowhere }"), said: [(4, "there is no folder")]),
            "p-variable": Mistake(
                text: process("{ command: [ls], environment: { \"A=B\": c } }"), said: [(4, "no name of a variable")]),
            "w-header": Mistake(
                text: webhook("headers: { \"X Key\": a, Host: b, X-A: \"a\\nb\", x-a: c }"),
                said: [(5, "no name of a header"), (5, "set by the bridge"), (5, "one line")]),
            "w-twice": Mistake(text: webhook("headers: { X-A: a, x-a: c }"), said: [(5, "given twice")]),
            "w-scheme": Mistake(text: webhook("", url: "ftp://example.org"), said: [(3, "http or https URL")]),
            "w-host": Mistake(text: webhook("", url: "https:///hook"), said: [(3, "names no host")]),
            "w-blank": Mistake(text: webhook("", url: "https://example.org/a b"), said: [(3, "without blanks")]),
            "w-port": Mistake(text: webhook("", url: "https://example.org:99999/"), said: [(3, "port from 1")]),
            "w-allow": Mistake(text: webhook("allow: [10.0.0.0/99]"), said: [(5, "block of addresses")]),
            "w-secret": Mistake(
                text: "bridge: webhook\nsettings: { url: 'https://example.org', secret: short }\n",
                said: [(2, "whsec_")]),
            "e-scheme": Mistake(text: elasticsearch("url: cluster:9200"), said: [(3, "http or https URL")]),
            "e-query": Mistake(text: elasticsearch("url: http://cluster:9200?a=b"), said: [(3, "without ? and #")]),
            "e-user": Mistake(
                text: elasticsearch("{ url: 'http://cluster', user: 'a:b', password: c }"),
                said: [(3, "without a colon")]),
            "e-key": Mistake(
                text: elasticsearch("{ url: 'http://cluster', api_key: \"a\\nb\" }"), said: [(3, "one line")]),
            "e-index": Mistake(text: elasticsearch("{ url: 'http://cluster', index: Chat }"), said: [(3, "a-z")]),
            "mail-relay": Mistake(text: email("smtp: { host: 'a:25' }"), said: [(4, "without port")]),
            "mail-user": Mistake(
                text: email("smtp: { host: relay, user: chat }"), said: [(4, "expected a password too")]),
            "mail-part": Mistake(
                text: email("addresses: { \"a@b\": support, help: \"#help\", HELP: other }"),
                said: [(4, "before the @"), (4, "without #"), (4, "leads to two channels")]),
            "mail-to": Mistake(text: email("to: [nobody]"), said: [(4, "expected an address")]),
            "mail-listen": Mistake(text: email("listen: \"here\""), said: [(4, "host:port")]),
            "flow-step": Mistake(
                text: "bridge: workflow\nsettings:\n  steps:\n    - repyl: hi\n", said: [(4, "reply")]),
            "flow-name": Mistake(
                text: "bridge: workflow\nsettings:\n  steps:\n    - reply: \"{{ mesage.text }}\"\n",
                said: [(4, "message")]),
            "flow-relay": Mistake(
                text: """
                    bridge: workflow
                    settings:
                      smtp: { host: relay, from: a@example.org, user: chat }
                      steps: [{ reply: hi }]

                    """, said: [(3, "expected a password too")]),
        ]
    }

    private static let lists: [(name: String, bytes: [UInt8], mode: Int)] = [
        ("latin.txt", Array("good\ngr".utf8) + [0xFC] + Array("n\n".utf8), 0o644),
        ("stars.txt", Array("good\na*b\n# a*b\nc*d\n".utf8), 0o644),
        ("marked.txt", [0xEF, 0xBB, 0xBF] + Array("# words\r\nbad\r\n".utf8), 0o644),
        ("script", Array("#!/no/such/interpreter -x\n".utf8), 0o755),
        ("enved", Array("#!/usr/bin/env no-such-language\n".utf8), 0o755),
        ("windows", Array("#!/bin/sh\r\necho\r\n".utf8), 0o755),
    ]

    @Test func `lint says of each kind what the server says, with the place`() async throws {
        let home = try temporaryDirectory()
        let folder = home + "/data/bridges"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for list in Self.lists {
            try Data(list.bytes).write(to: URL(fileURLWithPath: "\(folder)/\(list.name)"))
            try FileManager.default.setAttributes(
                [.posixPermissions: list.mode], ofItemAtPath: "\(folder)/\(list.name)")
        }
        let mistakes = Self.mistakes()
        for (name, mistake) in mistakes {
            try Data(mistake.text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).yaml"))
        }
        let good = Self.moderation("{ id: b, words_file: marked.txt }")
        try Data(good.utf8).write(to: URL(fileURLWithPath: "\(folder)/good.yaml"))

        let lint = try await MartletProcess.run(["bridge", "lint", folder, "--json"])
        let found = try JSONDecoder().decode(JSONValue.self, from: Data(lint.output.utf8))
        #expect(lint.status == 1)
        #expect(found["bridges"]?.array?.compactMap { $0["name"]?.string } == ["good"])
        var sentences: [String: Set<String>] = [:]
        for problem in found["problems"]?.array ?? [] where problem["severity"]?.string == "error" {
            let file = problem["file"]?.string ?? ""
            let path = problem["path"]?.string ?? ""
            let line = problem["line"]?.integer ?? 0
            let text = "\(file):\(line):\(problem["column"]?.integer ?? 0): \(path.isEmpty ? "" : path + ": ")"
            let name = String(file.split(separator: "/").last?.dropLast(".yaml".count) ?? "")
            sentences[name, default: []].insert(text + (problem["message"]?.string ?? ""))
        }
        for (name, mistake) in mistakes {
            for said in mistake.said {
                let told = sentences[name] ?? []
                #expect(
                    told.contains { $0.hasPrefix("\(folder)/\(name).yaml:\(said.line):") && $0.contains(said.words) },
                    "\(name): line \(said.line), \(said.words) is not in \(told)")
            }
        }

        let server = try await MartletProcess(folder: home, ["--set", "bridges.require=none"])
        let token = try await server.logIn()
        var listed: [String: Set<String>] = [:]
        try await eventually("the server has looked at all files") {
            let list = try await server.request(.get, "/v1/bridges", token: token)
            for bridge in list["bridges"]?.array ?? [] {
                guard let file = bridge["file"]?.string?.split(separator: "/").last else { continue }
                let name = String(file.dropLast(".yaml".count))
                listed[name] = Set((bridge["problems"]?.array ?? []).compactMap(\.string))
            }
            return mistakes.keys.allSatisfy { listed[$0]?.isEmpty == false }
        }
        for name in mistakes.keys.sorted() {
            let told = (listed[name] ?? []).filter { !$0.contains(": warning: ") }
            #expect(told == sentences[name], "\(name)")
        }
        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
    }
}
