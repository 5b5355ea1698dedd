import ChatModel
import Compression
import Foundation
import SlackText
import TestSupport
import Testing

@testable import Importing

@Suite(.timeLimit(.minutes(1)))
struct ZipArchiveTests {
    @Test func `files come as they were`() throws {
        let long = String(repeating: "long ", count: 30_000)
        let archive = try ZipArchive(
            Data(TestZip.bytes([.init("a/b.json", "[]"), .init("a/", ""), .init("c", long), .init("empty", "")])))
        #expect(archive.entries.map(\.name) == ["a/b.json", "c", "empty"])
        #expect(try archive.read(archive.entries[0], limit: 10) == Array("[]".utf8))
        #expect(try archive.read(archive.entries[1], limit: 200_000) == Array(long.utf8))
        #expect(try archive.read(archive.entries[2], limit: 0).isEmpty)
    }

    @Test(arguments: [
        [TestZip.File("../a", "x")], [.init("/etc/passwd", "x")], [.init("a\\b", "x")], [.init("a/../b", "x")],
        [.init("", "x")], [.init("a", "x"), .init("a", "y")], [.init("a", "x"), .init("b", "x", offset: 0)],
        [.init("a", "x", offset: 1 << 30)],
    ])
    func `an archive with hostile names or places is refused`(files: [TestZip.File]) {
        #expect(throws: ZipError.self) { try ZipArchive(Data(TestZip.bytes(files))) }
    }

    @Test(arguments: [
        TestZip.File("a", "hello", size: 4), .init("a", "hello", size: 6), .init("a", "hello", size: 1 << 30),
        .init("a", "hello", checksum: 7), .init("a", String(repeating: "b", count: 101)),
    ])
    func `a file that lies, or is too large, is refused`(file: TestZip.File) throws {
        let archive = try ZipArchive(Data(TestZip.bytes([file])))
        #expect(throws: ZipError.self) { try archive.read(archive.entries[0], limit: 100) }
    }

    @Test func `an archive that is cut anywhere is refused`() {
        let whole = TestZip.bytes([.init("a.json", "[1]"), .init("b", "text")])
        for count in 0..<whole.count {
            #expect(throws: ZipError.self, "\(count)") { try ZipArchive(Data(whole.prefix(count))) }
        }
    }

    @Test func `a changed byte is noticed or changes nothing that was read`() throws {
        let whole = TestZip.bytes([.init("a.json", "[1]")])
        for index in whole.indices {
            var bytes = whole
            bytes[index] ^= 0xFF
            guard let archive = try? ZipArchive(Data(bytes)), let entry = archive.entries.first else { continue }
            if let read = try? archive.read(entry, limit: 1000) { #expect(read == Array("[1]".utf8), "\(index)") }
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct SlackExportTests {
    static let files: [TestZip.File] = [
        .init(
            "users.json",
            #"""
            [{"id":"U1","name":"ada","profile":{"display_name":"Ada","email":"ada@example.org"}},
             {"id":"U2","name":"ben","deleted":true,"real_name":"Ben"}]
            """#),
        .init(
            "channels.json",
            #"[{"id":"C1","name":"general","creator":"U1","created":1700000000,"members":["U1","U2"]}]"#),
        .init("dms.json", #"[{"id":"D1","members":["U1","U3"]}]"#),
        .init(
            "general/2024-01-01.json",
            #"""
            [{"type":"message","subtype":"channel_join","user":"U2","text":"joined","ts":"1704067199.000000"},
             {"type":"message","user":"U1","ts":"1704067200.123400","thread_ts":"1704067200.123400",
              "text":"hello <@U2>, *see* <https://example.org|docs> &amp; more :wave:",
              "reactions":[{"name":"+1","users":["U1","U2"],"count":2}]},
             {"type":"message","user":"U2","ts":"1704067260.000000","thread_ts":"1704067200.123400","text":"answer",
              "edited":{"user":"U2","ts":"1704067320.000000"}},
             {"type":"message","user":"U2","ts":"1704067270.000000","text":"","files":[{"name":"plan.pdf"}]},
             {"type":"message","subtype":"bot_message","bot_id":"B1","username":"deploys","text":"done","ts":"1704067280.0"}]
            """#),
        .init(
            "general/2024-01-02.json",
            #"[{"type":"message","subtype":"me_message","user":"U1","text":"waves","ts":"1704153600.000000"}]"#),
        .init("D1/2024-01-01.json", #"[{"type":"message","user":"U3","text":"to you","ts":"1704067200.000000"}]"#),
    ]

    private func read(_ files: [TestZip.File]) throws -> SlackExport {
        let path = try temporaryDirectory() + "/export.zip"
        try Data(TestZip.bytes(files)).write(to: URL(fileURLWithPath: path))
        return try SlackExport(path: path)
    }

    @Test func `a mistake is told with its file`() throws {
        var files = Self.files
        files[3] = .init("general/2024-01-01.json", #"[{"type":"message","text":"no time"}]"#)
        let missing = #expect(throws: ImportError.self) { try read(files) }
        #expect(missing?.description.contains("general/2024-01-01.json: \"ts\" is missing") == true)
        files[3] = .init("general/2024-01-01.json", "[{")
        let broken = #expect(throws: ImportError.self) { try read(files) }
        #expect(broken?.description.contains("general/2024-01-01.json: it is no JSON") == true)
        let other = #expect(throws: ImportError.self) { try read([.init("a.txt", "x")]) }
        #expect(other?.description.contains("no export of Slack") == true)
        #expect(throws: ImportError.self) { try SlackExport(path: "/nowhere.zip") }
    }

    @Test func `an archive within a folder is the same`() throws {
        let packed = Self.files.map { file in
            var file = file
            file.name = "Team export/" + file.name
            return file
        }
        let export = try read(packed)
        #expect(export.messageCount == 6 && export.people.count == 4 && export.channels.count == 2)
    }

    @Test(arguments: [
        ("<@U1> and <@U9|eve> and <@U8>", "@ada and @eve and @U8"), ("<#C1|general> <#C1>", "#general #general"),
        ("<!here> <!channel> <!subteam^S1|@team>", "@here @channel @team"),
        ("<https://a.example/?a=1&amp;b=2>", "<https://a.example/?a=1&b=2>"),
        ("<mailto:a@b.example|a@b.example>", "<a@b.example>"), ("&lt;b&gt; &amp;amp; &x;", #"\<b> \&amp; \&x;"#),
        ("*bold* _it_ ~gone~ 2*3*4 * a *", #"**bold** _it_ ~~gone~~ 2\*3\*4 * a \*"#),
        ("`*code* :wave:`", "`*code* :wave:`"),
        (":wave: :nothing_known: 10:30:00", "👋 :nothing_known: 10:30:00"), ("<open", #"\<open"#), ("<>", #"\<>"#),
        ("", ""),
        ("```<@U1>```", "```\n<@U1>\n```"), ("# of errors", "\\# of errors"), ("> a\nb", "> a\n\nb"),
    ])
    func `mark-up becomes Markdown`(slack: String, markdown: String) {
        #expect(SlackMarkup.archived(handles: ["U1": "ada"], channels: ["C1": "general"]).markdown(slack) == markdown)
    }

    @Test(
        arguments: [
            ("1609459200.000200", 1_609_459_200_000), ("1609459200.9996", 1_609_459_200_999), ("1.5", 1500),
            ("7", 7000),
            ("", nil), ("x.y", nil), ("-1.0", nil), ("999999999999999.0", nil), ("1.2.3", nil),
        ] as [(String, Int64?)])
    func `times have milliseconds`(ts: String, milliseconds: Int64?) {
        #expect(SlackMessage.time(ts) == milliseconds)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct MattermostExportTests {
    static let lines = #"""
        {"type":"version","version":1}
        {"type":"team","team":{"name":"t","display_name":"T"}}
        {"type":"channel","channel":{"team":"t","name":"town-square","type":"O","header":"all"}}
        {"type":"user","user":{"username":"ada","email":"ada@example.org","teams":[{"name":"t","channels":[{"name":"town-square","roles":"channel_user channel_admin"}]}]}}
        {"type":"user","user":{"username":"ben","delete_at":1704067300000}}
        {"type":"post","post":{"team":"t","channel":"town-square","user":"ben","message":"between","create_at":1704067205000}}
        {"type":"post","post":{"team":"t","channel":"town-square","user":"ada","message":"hello","create_at":1704067200001,"reactions":[{"user":"ben","emoji_name":"+1","create_at":1704067201000}],"replies":[{"user":"ben","message":"answer","create_at":1704067210000,"attachments":[{"path":"x/a.png"}]}]}}
        {"type":"post","post":{"team":"t","channel":"town-square","user":"ada","type":"system_join_channel","message":"joined","create_at":1704067200000}}
        {"type":"direct_channel","direct_channel":{"members":["ada","ben"]}}
        {"type":"direct_post","direct_post":{"channel_members":["ben","ada"],"user":"ada","message":"to you","create_at":1704067200000}}
        {"type":"emoji","emoji":{"name":"x","image":"y"}}
        """#

    private func read(_ text: String) throws -> MattermostExport {
        let path = try temporaryDirectory() + "/export.jsonl"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return try MattermostExport(path: path)
    }

    @Test func `the lines are people, channels and messages in the order of their times`() async throws {
        let export = try read(Self.lines)
        #expect(export.people.map(\.id) == ["ada@example.org", "ben"] && export.channels.count == 2)
        #expect(export.leftOut == ["joins and parts": 1, "lines of the kind \"emoji\"": 1])
        var texts: [String] = []
        try await export.forEachMessage(handles: [:]) { texts.append($0.message.text) }
        #expect(texts == ["to you", "hello", "between", "answer\nFile: a.png"])
    }

    @Test func `who got another user name is the same person, with the same messages and channels`() async throws {
        let users = """
            {"type":"version","version":1}
            {"type":"user","user":{"username":"ada","email":"Ada@example.org"}}
            {"type":"user","user":{"username":"ben","email":"ben@example.org"}}
            {"type":"user","user":{"username":"guest","email":""}}
            {"type":"user","user":{"username":"twin","email":"ada@example.org"}}
            """
        let posts = Self.lines.split(separator: "\n").filter { $0.contains("post\":{") || $0.contains("direct_ch") }
            .joined(separator: "\n")
        func ids(_ text: String) async throws -> [String] {
            let export = try read(text)
            var messages: [String] = []
            try await export.forEachMessage(handles: [:]) { message in
                let message = message.message
                messages.append("\(message.id) \(message.author) \(message.reactions?.flatMap(\.users) ?? [])")
            }
            return export.people.map(\.id) + export.channels.map(\.id) + messages
                + export.members.map { "\($0.channel) \($0.user)" }
        }
        let before = try await ids(users + "\n" + posts)
        let after = try await ids(
            (users + "\n" + posts).replacing("\"ada\"", with: "\"zoe\"").replacing("\"Ada@", with: "\"ada@"))
        #expect(before == after)
        #expect(before.starts(with: ["ada@example.org", "ben@example.org", "guest", "twin"]))
    }

    @Test(arguments: [
        ("{\"type\":\"team\"}", "export.jsonl:1 is not the beginning"), ("hello", "export.jsonl:1: it is no JSON"),
        ("{\"type\":\"version\",\"version\":2}", "export.jsonl:1 is not the beginning"), ("", "is empty"),
        (
            "{\"type\":\"version\",\"version\":1}\n{\"type\":\"user\",\"user\":{}}",
            "export.jsonl:2: \"username\" is missing"
        ),
    ])
    func `a mistake is told with its line`(text: String, sentence: String) {
        let error = #expect(throws: ImportError.self) { try read(text) }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }
}
