import ChatModel
import Foundation
import Telemetry
import TestSupport
import Testing

@testable import Importing

@Suite(.timeLimit(.minutes(1)))
struct IRCFormatTests {
    private struct Line: Equatable, CustomStringConvertible {
        var at: String
        var nick: String?
        var kind: Message.Kind
        var text: String
        var description: String { "\(at) \(nick ?? "-") \(kind) \(text)" }
    }

    private func read(
        _ text: String, name: String = "a.log", zone: String = "UTC"
    ) async throws -> (format: IRCFormat, lines: [Line]) {
        let path = try temporaryDirectory() + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let log = try IRCLog(path: path, zone: try #require(LocalZone(zone)))
        var lines: [Line] = []
        try await log.forEach { entry in
            lines.append(
                Line(
                    at: Timestamp.format(milliseconds: entry.at), nick: entry.line.nick, kind: entry.line.kind,
                    text: entry.line.text))
        }
        return (log.format, lines)
    }

    @Test func `irssi's log says its days and its channel's people`() async throws {
        let (format, lines) = try await read(
            """
            --- Log opened Sun Feb 01 10:00:00 2026
            10:00 < jo> irssi hello
            10:01 <@mo> op hello
            10:02  * jo waves
            10:03 -!- kay [~kay@example.org] has joined #c
            10:03 -!- kay is now known as kim
            10:04 -jo:#c- to all
            10:04 -!- mode/#c [+o jo] by mo
            --- Day changed Mon Feb 02 2026
            00:05 < jo> next day
            --- Log closed Mon Feb 02 00:06:07 2026
            --- Log opened Thu Feb 05 08:00:00 2026
            08:00:09 <+mo> seconds
            """, name: "c.log")
        #expect(format == .irssi)
        #expect(
            lines == [
                Line(at: "2026-02-01T10:00:00.000Z", nick: "jo", kind: .text, text: "irssi hello"),
                Line(at: "2026-02-01T10:01:00.000Z", nick: "mo", kind: .text, text: "op hello"),
                Line(at: "2026-02-01T10:02:00.000Z", nick: "jo", kind: .action, text: "waves"),
                Line(
                    at: "2026-02-01T10:03:00.000Z", nick: "kay", kind: .system,
                    text: "kay [~kay@example.org] has joined #c"),
                Line(at: "2026-02-01T10:03:00.000Z", nick: "kay", kind: .system, text: "kay is now known as kim"),
                Line(at: "2026-02-01T10:04:00.000Z", nick: "jo", kind: .notice, text: "to all"),
                Line(at: "2026-02-01T10:04:00.000Z", kind: .system, text: "mode/#c [+o jo] by mo"),
                Line(at: "2026-02-02T00:05:00.000Z", nick: "jo", kind: .text, text: "next day"),
                Line(at: "2026-02-05T08:00:09.000Z", nick: "mo", kind: .text, text: "seconds"),
            ])
    }

    @Test func `weechat's log has days, seconds and zones in its lines`() async throws {
        let (format, lines) = try await read(
            """
            2026-02-01 10:00:00\t--\tTopic for #c is "x"
            2026-02-01 10:00:01\t-->\tjo (~jo@example.org) has joined #c
            2026-02-01 10:00:02\t@jo\thello\twith a tab
            2026-02-01 10:00:03\t *\tmo waves
            2026-02-01 10:00:04\t<--\tjo (~jo@example.org) has quit (bye)
            2026-03-29T12:00:00+0200\tmo\twith a zone
            """, name: "irc.net.#c.weechatlog")
        #expect(format == .weechat)
        #expect(lines.map(\.nick) == [nil, "jo", "jo", "mo", "jo", "mo"])
        #expect(lines.map(\.kind) == [.system, .system, .text, .action, .system, .text])
        #expect(
            lines.map(\.at.description).map { $0.dropFirst(11).prefix(8) } == [
                "10:00:00", "10:00:01", "10:00:02", "10:00:03", "10:00:04", "10:00:00",
            ])
        #expect(lines[2].text == "hello\twith a tab" && lines[3].text == "waves")
    }

    @Test(arguments: ["2026-02-01.log", "#c_20260201.log"])
    func `ZNC's log has the day in its name`(name: String) async throws {
        let (format, lines) = try await read(
            """
            [23:59:58] *** Joins: jo (~jo@example.org)
            [23:59:59] <jo> hello
            [23:59:59] * jo waves
            [23:59:59] -mo- notice
            [23:59:59] *** jo sets mode: +o mo
            """, name: name)
        #expect(format == .znc)
        #expect(lines.map(\.nick) == ["jo", "jo", "jo", "mo", nil])
        #expect(lines.map(\.kind) == [.system, .text, .action, .notice, .system])
        #expect(
            lines[0]
                == Line(at: "2026-02-01T23:59:58.000Z", nick: "jo", kind: .system, text: "Joins: jo (~jo@example.org)"))
    }

    @Test(arguments: [
        ("UTC", "2026-07-01T10:00:00.000Z"), ("Europe/Berlin", "2026-07-01T08:00:00.000Z"),
        ("+05:30", "2026-07-01T04:30:00.000Z"), ("-0500", "2026-07-01T15:00:00.000Z"),
    ])
    func `a log without a zone is read in the one that was told`(zone: String, at: String) async throws {
        let (_, lines) = try await read("[10:00] <jo> x", name: "2026-07-01.log", zone: zone)
        #expect(lines.map(\.at) == [at])
    }

    @Test(arguments: [
        ("2026-03-29 01:59:59", "2026-03-29T00:59:59.000Z"), ("2026-03-29 03:00:00", "2026-03-29T01:00:00.000Z"),
        ("2026-10-25 01:59:59", "2026-10-24T23:59:59.000Z"), ("2026-10-25 03:00:00", "2026-10-25T02:00:00.000Z"),
    ])
    func `summer time begins and ends within a log`(local: String, at: String) async throws {
        let (_, lines) = try await read("\(local)\tjo\tx", zone: "Europe/Berlin")
        #expect(lines.map(\.at) == [at])
    }

    @Test(arguments: [
        ("Feb 01 10:00:00 <jo>\\thello\\nFeb 01 10:00:01 <mo>\\thi", 1), ("a\nb\nc", 1),
        ("[10:00] <jo> x\n\nnothing\nnothing", 3), ("timestamp,nick,text\n1,jo,x", 1),
        ("10:00 jo: hello\n10:01 mo: hello", 1), ("2026-02-01 10:00:00 jo hello", 1), ("\u{0}\u{1}", 1), ("{}", 1),
    ])
    func `a log that is not known is refused with what is known and where it does not fit`(
        text: String, line: Int
    ) async throws {
        let error = await #expect(throws: ImportError.self) {
            _ = try await read(text.replacing("\\n", with: "\n").replacing("\\t", with: "\t"))
        }
        let sentence = try #require(error?.description)
        #expect(sentence.contains("a.log:\(line) is no line of a log that is known"))
        for name in ["irssi", "weechat", "ZNC", "[10:00] <jo> text"] { #expect(sentence.contains(name)) }
    }

    @Test(arguments: ["So. Febr. 01 2026", "Mon Feb 30 2026", "Mon Feb 02 26", "yesterday"])
    func `a change of day that cannot be read is told with its line`(date: String) async throws {
        let error = await #expect(throws: ImportError.self) {
            _ = try await read("10:00 < jo> x\n--- Day changed \(date)\n10:00 < jo> x\n10:01 < jo> x")
        }
        #expect(error?.description.contains("a.log:2 has a date that cannot be read") == true)
    }

    @Test func `an empty log holds nothing`() async throws {
        #expect(try await read("").lines.isEmpty)
        #expect(try await read("\n \n").lines.isEmpty)
    }

    @Test(.enabled(if: corpora != nil), .timeLimit(.minutes(3)))
    func `real logs are told by their content, and nearly all of their lines fit`() async throws {
        let folder = try #require(corpora) + "/chat/irc"
        var tally = IRCLog.Tally()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".txt") {
            let log = try IRCLog(path: folder + "/" + name)
            #expect(log.format == .bracketed && !log.isDayGuessed, "\(name)")
            let one = try await log.forEach { _ in }
            tally.lines += one.lines
            tally.misfits += one.misfits
        }
        #expect(tally.lines > 10_000 && tally.misfits * 50 < tally.lines, "\(tally)")
    }
}

private let corpora = ProcessInfo.processInfo.environment["MARTLET_CORPORA"].flatMap { $0.isEmpty ? nil : $0 }
