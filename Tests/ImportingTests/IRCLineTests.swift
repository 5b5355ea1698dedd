import ChatModel
import Testing

@testable import Importing

@Suite(.timeLimit(.minutes(1)))
struct IRCLineTests {
    @Test(
        arguments: [
            ("[09:14] <ada> hello <b> [x]", .text, "ada", "hello <b> [x]", 554),
            ("[00:00] <@ada> op", .text, "ada", "op", 0),
            ("[23:59:07] <ada>  two spaces", .text, "ada", " two spaces", 1439),
            ("[09:14] <ada>glued", .text, "ada", "glued", 554),
            ("[13:56]  * genii sips a coffee", .action, "genii", " sips a coffee", 836),
            ("[13:56] * genii sips", .action, "genii", " sips", 836),
            ("[05:12] -bot:#ubuntu- welcome - here", .notice, "bot", "welcome - here", 312),
            ("[05:12] -a-b:#c- hi", .notice, "a-b", "hi", 312),
            ("[05:12] (ada/#ubuntu) elsewhere", .text, "ada", "elsewhere", 312),
            ("[05:12] (a)b/#ubuntu) elsewhere", .text, "a)b", "elsewhere", 312),
            ("=== ada [~a@host]  has joined #ubuntu", .system, "ada", "ada [~a@host]  has joined #ubuntu", nil),
            (
                "=== [A] ndy [n=w@host]  has left #c [\"Leaving\"]", .system, "[A] ndy",
                "[A] ndy [n=w@host]  has left #c [\"Leaving\"]", nil
            ),
            ("=== ada [a@host] has quit [Read error]", .system, "ada", "ada [a@host] has quit [Read error]", nil),
            ("=== ada is now known as ben", .system, "ada", "ada is now known as ben", nil),
            ("=== mode/#c [+o ada]  by ChanServ", .system, nil, "mode/#c [+o ada]  by ChanServ", nil),
            ("===", .system, nil, "===", nil), ("===   ", .system, nil, "===   ", nil),
            ("=== [x@y]  has joined #c", .system, nil, "[x@y]  has joined #c", nil),
            ("[09:43] <drcode>", .system, nil, "[09:43] <drcode>", 583),
            ("[09:43] <drcode>   ", .system, nil, "[09:43] <drcode>   ", 583),
            ("[09:43] * drcode", .system, nil, "[09:43] * drcode", 583),
            ("[09:43] *drcode waves", .system, nil, "[09:43] *drcode waves", 583),
            ("[09:43] <drcode", .system, nil, "[09:43] <drcode", 583),
            ("[09:43] <> hi", .system, nil, "[09:43] <> hi", 583),
            ("[09:43] -a:#c hi", .system, nil, "[09:43] -a:#c hi", 583),
            ("[09:43] (a/#c", .system, nil, "[09:43] (a/#c", 583),
            ("[09:43]", .system, nil, "[09:43]", 583), ("[09:43] === x", .system, nil, "[09:43] === x", 583),
            ("[24:00] <ada> hi", .system, nil, "[24:00] <ada> hi", nil),
            ("[9:14] <ada> hi", .system, nil, "[9:14] <ada> hi", nil),
            ("[09:1", .system, nil, "[09:1", nil), ("[09:14:", .system, nil, "[09:14:", nil),
            ("[", .system, nil, "[", nil),
            ("<ada> no time", .system, nil, "<ada> no time", nil), ("anything", .system, nil, "anything", nil),
        ] as [(String, Message.Kind, String?, String, Int?)])
    func `every line is one message`(
        line: String, kind: Message.Kind, nick: String?, text: String, minute: Int?
    ) {
        let read = IRCLine(line, .bracketed)
        #expect(read.kind == kind && read.nick == nick && read.time.second.map { $0 / 60 } == minute)
        // An action keeps no more than one space before its verb.
        #expect(kind == .action ? read.text == text.trimmingPrefix(" ") : read.text == text)
    }

    @Test func `times go on past midnight, and clocks may be set`() async throws {
        let log = IRCLog(
            name: "2004-12-31.log",
            bytes: Array(
                "=== start\n[23:58] <a> x\n[23:57] <a> x\n\n[00:01] <a> x\r\n   \n[00:00] <a> x\n[09:00] <a> x\n[01:00] <a> x"
                    .utf8))
        var times: [Int64] = []
        var numbers: [Int] = []
        let tally = try await log.forEach { entry in
            times.append(entry.at / 60_000 - 1_104_451_200 / 60)
            numbers.append(entry.number)
        }
        // 1104451200 is the beginning of the day in the name.
        #expect(times == [1438, 1438, 1437, 1441, 1440, 1980, 2940])
        #expect(numbers == [1, 2, 3, 5, 7, 8, 9] && tally == IRCLog.Tally(lines: 9, blank: 2))
    }

    @Test func `bytes that are no UTF-8 are read as Latin-1, and NUL is replaced`() async throws {
        let bytes = Array("[10:00] <a> caf".utf8) + [0xE9, 0x0A] + Array("[10:00] <b> schön".utf8) + [0x00, 0x0A]
        var texts: [String] = []
        _ = try await IRCLog(name: "x", bytes: bytes, day: 0).forEach { texts.append($0.line.text) }
        #expect(texts == ["café", "schön\u{FFFD}"])
    }

    @Test func `a byte order mark is no part of the first line`() async throws {
        let line = "[10:00] <a> hello\n"
        var lines: [IRCLine] = []
        for bytes in [Array(line.utf8), [0xEF, 0xBB, 0xBF] + Array(line.utf8)] {
            _ = try await IRCLog(name: "x", bytes: bytes, day: 0).forEach { lines.append($0.line) }
        }
        #expect(lines.count == 2 && lines[0] == lines[1] && lines[1].time.second == 36_000)
    }

    @Test(
        arguments: [
            ("2004-12-25.train-c.raw.txt", 12777), ("1970-01-02", 1), ("2004-13-25.txt", nil), ("log.txt", nil),
            ("", nil), ("#c_20041225.log", 12777), ("net.#c.2004-12-25.weechatlog", 12777), ("120041225.log", nil),
            ("1.2.2004-12-25", 12777), ("20041325.log", nil), ("x2004-12-251", nil),
            ("2023-02-29.txt", nil), ("äääääääääää", nil),
        ] as [(String, Int64?)])
    func `the day is in the name`(name: String, day: Int64?) {
        #expect(IRCLog.day(in: name) == day)
    }

    @Test(arguments: [
        ("ada", "ada"), ("[A] ndy", "[A]ndy"), (" ", "_"), ("a@b:c", "a_b_c"), ("x\u{202E}y", "x_y"),
        ("`a^|{}", "`a^|{}"),
        (String(repeating: "n", count: 70), String(repeating: "n", count: 64)), ("", "_"),
    ])
    func `a nick becomes a handle that the server takes`(nick: String, handle: String) {
        #expect(PeopleNames.handle(nick) == handle)
    }

    @Test func `spellings of one nick are one person`() {
        var names = PeopleNames()
        let keys = ["Ada", "ada", "ADA", "a b", "A@B", "a_b", "AB "].map { names.key($0) }
        #expect(Set(keys) == ["ada", "ab", "a_b"] && names.order == ["ada", "ab", "a_b"])
        #expect(names.people["ada"]?.handle == "Ada")
        #expect(names.renamed == ["a b": "ab", "A@B": "A_B", "AB ": "AB"])
    }
}
