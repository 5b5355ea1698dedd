import Foundation
import Settings
import TestSupport
import Testing

@testable import martlet

@Suite(.timeLimit(.minutes(1)))
struct BridgeLintTests {
    private let folder: String

    init() throws { folder = try temporaryDirectory() }

    private func write(_ text: String, _ name: String = "audit.yaml") throws -> String {
        let path = "\(folder)/\(name)"
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func read(_ paths: String...) async throws -> BridgeLint {
        try await BridgeLint(paths, environment: [:])
    }

    private static let good = """
        bridge: webhook
        settings:
          url: https://example.com/hook
          secret: whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz

        """

    @Test func `five mistakes are told with their places and with what would be right`() async throws {
        let path = try write(
            """
            bridge: webhook
            on: [message.create]
            order: chanel
            retry: { attempts: many }
            settings:
              url: https://example.com/hook
              secret: whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz
              timeout: 15
              heders: { X-Key: a }
            """)
        let lint = try await read(path)
        #expect(lint.errors.count == 5 && lint.bridges.isEmpty)
        let lines = lint.lines(coloured: false)
        for (place, right) in [
            ("2:6: on", "message.created"), ("3:8: order", "channel"), ("4:20: retry.attempts", "number"),
            ("8:12: settings.timeout", "15s"), ("9:3: settings.heders", "headers"),
        ] {
            #expect(
                lines.contains { $0.hasPrefix("\(path):\(place)") && $0.contains(right) },
                "\(place) with \(right) is not in \(lines)")
        }
        #expect(lines.last == "1 file, 5 errors, 0 warnings")
    }

    @Test func `a file with a byte order mark is as good as one without`() async throws {
        let lint = try await read(try write("\u{FEFF}" + Self.good))
        #expect(lint.errors.isEmpty && lint.bridges.count == 1)
        // And what is wrong in it stands where an editor shows it.
        let broken = try await read(try write("\u{FEFF}bridg: webhook\n", "b.yaml"))
        #expect(broken.errors.contains { $0.line == 1 && $0.column == 1 && $0.path == "bridg" })
    }

    @Test(arguments: [
        // Latin-1, Windows-1252 and a cut character of UTF-8, in the fourth line.
        ("not valid UTF-8", 4, [0x23, 0x20, 0xFC]), ("not valid UTF-8", 4, [0x23, 0x20, 0x80]),
        ("not valid UTF-8", 4, [0x23, 0x20, 0xC3]),
    ])
    func `a file that is not UTF-8 is told so with the line`(words: String, line: Int, bytes: [UInt8]) async throws {
        let path = "\(folder)/latin.yaml"
        try Data(Array("bridge: webhook\n# one\n# two\n".utf8) + bytes + [0x0A]).write(
            to: URL(fileURLWithPath: path))
        let lint = try await read(path)
        #expect(lint.errors.count == 1 && lint.bridges.isEmpty)
        #expect(lint.errors.first?.line == line && lint.errors.first?.column == 3)
        #expect(lint.errors.first?.message.contains(words) == true)
    }

    @Test func `a file in UTF-16 is told so`() async throws {
        let path = "\(folder)/wide.yaml"
        try #require(Self.good.data(using: .utf16)).write(to: URL(fileURLWithPath: path))
        #expect(try await read(path).errors.map(\.message) == ["the text is UTF-16; save it as UTF-8"])
    }

    @Test func `folders are read with all that lies in them`() async throws {
        _ = try write(Self.good)
        _ = try write(Self.good, "more/deep/other.yaml")
        _ = try write("bridge: webhok\n", "more/wrong.yaml")
        _ = try write("nonsense", "notes.txt")
        _ = try write("nonsense", ".hidden.yaml")
        try FileManager.default.createSymbolicLink(atPath: folder + "/more/loop", withDestinationPath: folder)
        let lint = try await read(folder)
        #expect(lint.bridges.map(\.name).sorted() == ["audit", "other"])
        #expect(lint.errors.count == 1)
        #expect(lint.errors[0].description.contains("did you mean `webhook`?"))
    }

    @Test func `two bridges of one folder have names of their own`() async throws {
        _ = try write(Self.good)
        _ = try write("name: audit\n" + Self.good, "second.yaml")
        #expect(try await read(folder).errors.count == 1)
        #expect(
            try await read("\(folder)/audit.yaml", "\(folder)/audit.yaml").errors.isEmpty, "a file is not its own rival"
        )
    }

    @Test func `a file that the server would not look at is warned of`() async throws {
        _ = try write(Self.good, "audit.yml")
        let lint = try await read(folder)
        #expect(lint.errors.isEmpty && lint.problems.count == 1 && lint.problems[0].isWarning)
    }

    @Test(arguments: [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nbridge: *c\n", "bridge: &a [*a]\n", "bridge: !exec ls\n",
        "%TAG ! tag:x,2026:\n---\nbridge: webhook\n", "bridge: [\n", "bridge: webhook\n---\nbridge: email\n",
        String(repeating: "[", count: 100_000), String(repeating: "a", count: 10 << 20),
        "bridge: webhook\nbridge: email\n", "", "- a\n", "bridge:\n\t- webhook\n",
    ])
    func `what could harm is refused with its place`(text: String) async throws {
        let path = try write(text)
        let lint = try await read(path)
        #expect(lint.bridges.isEmpty)
        #expect(!lint.errors.isEmpty)
        #expect(lint.errors.allSatisfy { $0.line > 0 && $0.column > 0 }, "\(lint.errors)")
        #expect(lint.errors.allSatisfy { $0.description.utf8.count < 1000 })
    }

    @Test func `for programs it is JSON`() async throws {
        let text = TerminalText.json(try await read(try write(Self.good), try write("bridge: webhok\n", "b.yaml")))
        let json = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [[String: Any]]])
        #expect(json["bridges"]?.first?["name"] as? String == "audit")
        let problem = try #require(json["problems"]?.first)
        #expect(problem["line"] as? Int == 1 && problem["column"] as? Int == 9)
        #expect(problem["severity"] as? String == "error")
    }

    @Test func `what is not there is told`() async throws {
        await #expect(throws: UsageError.self) { try await read(folder + "/none.yaml") }
    }
}
