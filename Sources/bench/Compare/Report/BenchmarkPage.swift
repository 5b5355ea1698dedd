import Charts
import Foundation

/// Writes `docs/benchmarks.md` and its pictures from a result.
struct BenchmarkPage {
    let result: Result

    /// - Parameter docs: The folder `docs`.
    func write(to docs: String) throws {
        try FileManager.default.createDirectory(atPath: docs + "/benchmarks", withIntermediateDirectories: true)
        for (name, svg) in pictures {
            try svg.write(toFile: "\(docs)/benchmarks/\(name).svg", atomically: true, encoding: .utf8)
        }
        try text.write(toFile: docs + "/benchmarks.md", atomically: true, encoding: .utf8)
    }

    /// Every picture that there are figures for, by its name.
    var pictures: [(name: String, svg: String)] {
        var pictures: [(String, String)] = []
        func add(_ name: String, _ svg: String?) { if let svg { pictures.append((name, svg)) } }
        add("send", lines("send", "Durable sends", x: "concurrent senders", y: "messages/s"))
        add("send-latency", bars("send", "Latency of a send at half of the most, 64 senders", size: 64))
        add("fanout", lines("fanout", "Fan-out of one channel", x: "sockets", y: "deliveries/s"))
        add("rooms", lines("rooms", "Rooms of ten", x: "sockets", y: "deliveries/s"))
        add("idle", memory)
        add("stored", lines("stored", "Durable sends as messages pile up", x: "messages stored", y: "messages/s"))
        add("history", bars("history", "A page of 50 messages at half of the most", size: nil))
        add("bot", bars("bot", "A bot's round trip at half of the most", size: nil))
        return pictures
    }

    private var parties: [String] {
        var parties: [String] = []
        for row in result.rows where !parties.contains(ResultText.party(row)) { parties.append(ResultText.party(row)) }
        return parties
    }

    private static let colours = [
        "martlet": 0, "martlet http": 0, "node": 1, "fastapi": 2, "socketio": 3, "ejabberd": 4, "synapse": 5,
        "martlet websocket": 6,
    ]

    private func lines(_ load: String, _ title: String, x: String, y: String) -> String? {
        let series = parties.compactMap { party -> LineChart.Series? in
            let rows = result.rows.filter { $0.load == load && ResultText.party($0) == party }
            // What Redis takes would flatten everything else.
            guard !rows.isEmpty, party != "XADD" else { return nil }
            let colour = Self.colours[party]
            return LineChart.Series(
                party, rows.map { (Double($0.size), $0.value) }, colour: colour ?? 7, isDashed: colour == nil)
        }
        guard series.contains(where: { $0.points.count > 1 }) else { return nil }
        return LineChart(title: title, xLabel: x, yLabel: y, series: series).svg()
    }

    private func bars(_ load: String, _ title: String, size: Int?) -> String? {
        let bars = parties.compactMap { party -> BarChart.Bar? in
            let rows = result.rows.filter { $0.load == load && ResultText.party($0) == party }
            guard let colour = Self.colours[party], let row = rows.last(where: { size == nil || $0.size == size }),
                let p50 = row.p50, let p99 = row.p99
            else { return nil }
            return BarChart.Bar(
                party, p50, mark: p99, colour: colour,
                text: "\(ResultText.number(p50)) / \(ResultText.number(p99)) ms")
        }
        guard !bars.isEmpty else { return nil }
        return BarChart(title: title, label: "ms, p50 and p99 (logarithmic)", scale: .logarithmic, bars: bars).svg()
    }

    private var memory: String? {
        let bars = parties.compactMap { party -> BarChart.Bar? in
            guard let row = result.rows.last(where: { $0.load == "idle" && ResultText.party($0) == party }) else {
                return nil
            }
            return BarChart.Bar(
                party, row.value / 1000, colour: Self.colours[party] ?? 7,
                text: "\(ResultText.number(row.value / 1000)) kB (\(row.size))")
        }
        guard !bars.isEmpty else { return nil }
        return BarChart(
            title: "Resident memory of an idle connection", label: "kB a connection (how many were open)", bars: bars
        ).svg()
    }

    // MARK: Text

    var text: String {
        let machine = result.machine
        var page = """
            # Benchmarks

            Martlet beside what people would use instead, and beside what the machine itself allows: the same loads, one after the
            other, on the same machine, each with a PostgreSQL and a Redis of its own that were empty before. `make bench` measures
            all of it again in about half an hour, `make bench-quick` a part of it in three minutes. This page was written by
            `make bench` itself, from [benchmarks.json](benchmarks.json).

            | | |
            | --- | --- |
            | machine | \(machine.processor), \(machine.cores) cores, \(machine.memory >> 30) GiB, Linux \(machine.kernel); everything on it, the load generator too |
            | PostgreSQL | \(machine.postgres), `fsync` on, every send committed before it is answered |
            | Redis | \(machine.redis), append-only file, flushed when the kernel likes |
            | taken | \(result.date.prefix(10)); \(ResultText.number(result.seconds)) s a figure, the median of quarter seconds |

            What the peers are, how they are tuned and what they do not do: [Benchmarks/peers](../Benchmarks/peers/README.md). How it is
            measured: [Benchmarks](../Benchmarks/README.md).

            """
        if !result.goals.isEmpty {
            page += "\n## What Martlet is held to\n\n| | measured | goal | |\n| --- | ---: | ---: | --- |\n"
            for goal in result.goals {
                let bound = "\(goal.isAtLeast ? "≥" : "≤") \(ResultText.number(goal.bound)) \(goal.unit)"
                page +=
                    "| \(goal.text) | \(ResultText.number(goal.value)) \(goal.unit) | \(bound) | \(goal.isMet ? "met" : "**missed**") |\n"
            }
        }
        for section in Self.sections { page += self.section(section) }
        page += remarks
        return page
    }

    private struct Section {
        var load: String
        var title: String
        var words: String
        var pictures: [String]
        var head: String
    }

    private static let sections = [
        Section(
            load: "send", title: "Durable sends",
            words:
                "Each sender has a connection and waits for the answer before it sends the next message; each speaks in one of 16 "
                + "channels. The dashed lines are limits: PostgreSQL alone with one row and with 200 rows a statement, into a table "
                + "with Martlet's indexes; Martlet's HTTP server with nothing behind it; `XADD` alone, 64 in a round trip.",
            pictures: ["send", "send-latency"], head: "messages/s by senders"),
        Section(
            load: "fanout", title: "Fan-out",
            words:
                "Everybody is in one channel. The limit is a loop that calls `write` for each socket, with as many bytes and with "
                + "nothing stored.", pictures: ["fanout"], head: "deliveries/s by sockets"),
        Section(
            load: "rooms", title: "Many small rooms",
            words: "Everybody is in a room of ten, and 64 rooms are spoken in at once.", pictures: ["rooms"],
            head: "deliveries/s by sockets"),
        Section(
            load: "idle", title: "Idle connections",
            words:
                "What the server's resident memory has grown by, for each connection that waits for messages of its room.",
            pictures: ["idle"], head: "bytes a connection, by connections"),
        Section(
            load: "storm", title: "Connect storm",
            words: "Connecting, logging in and subscribing, 256 at a time.", pictures: [],
            head: "connections/s by connections"),
        Section(
            load: "history", title: "History",
            words: "Pages of 50 messages from anywhere in one channel, 16 readers.", pictures: ["history"],
            head: "pages/s by messages stored"),
        Section(
            load: "stored", title: "Growth",
            words: "64 senders, after so many messages have been stored.", pictures: ["stored"],
            head: "messages/s by messages stored"),
        Section(
            load: "bot", title: "A bot's round trip",
            words:
                "Somebody says something in one of 16 channels, a bot says it again, the first hears it. Martlet's bot is written with "
                + "`MartletBot` and runs in a process of its own; for the peers, which have no such thing, the load generator "
                + "answers, which costs less.", pictures: ["bot"], head: "round trips/s by channels"),
        Section(
            load: "bridge", title: "A bridge's lag",
            words: "From a message to the receiver of a webhook bridge, over 16 channels. The peers have none.",
            pictures: [],
            head: "deliveries/s by channels"),
    ]

    private func section(_ section: Section) -> String {
        let rows = result.rows.filter { $0.load == section.load }
        guard !rows.isEmpty else { return "" }
        var page = "\n## \(section.title)\n\n\(section.words)\n"
        let drawn = Set(pictures.map(\.name))
        for picture in section.pictures where drawn.contains(picture) {
            page += "\n![\(section.title)](benchmarks/\(picture).svg)\n"
        }
        page += "\n" + Self.table(section.head, rows) { ResultText.number($0.value) }
        let timed = rows.filter { $0.p50 != nil }
        if !timed.isEmpty {
            let when = section.load == "storm" ? "ms, p50 / p99" : "ms, p50 / p99 at half of that rate"
            page +=
                "\n"
                + Self.table(when, timed) { "\(ResultText.number($0.p50 ?? 0)) / \(ResultText.number($0.p99 ?? 0))" }
        }
        let used = rows.filter { $0.serverCores != nil }
        page += "\n<details><summary>Cores in use: server + PostgreSQL + Redis, load generator</summary>\n\n"
        page += Self.table("", used) {
            "\(Self.cores($0.serverCores)) + \(Self.cores($0.databaseCores)) + \(Self.cores($0.redisCores)), \(Self.cores($0.generatorCores))"
        }
        page += "\n</details>\n"
        if let growth = growth(section.load) { page += "\n" + growth }
        return page
    }

    /// How much more a unit costs as the size grows.
    private func growth(_ load: String) -> String? {
        guard ["send", "fanout", "rooms", "stored"].contains(load) else { return nil }
        let slopes = parties.compactMap { party -> String? in
            let rows = result.rows.filter { $0.load == load && ResultText.party($0) == party }
            guard Self.colours[party] != nil,
                let slope = Growth.slope(rows.compactMap { row in Growth.cost(row).map { (Double(row.size), $0) } })
            else { return nil }
            return "\(party) \(String(format: "%+.2f", slope))"
        }
        guard !slopes.isEmpty else { return nil }
        return
            "Slope of the processor time for one of them (server, PostgreSQL and Redis) over the size, both logarithmic; 0 is "
            + "a cost that stays, 1 one that grows as the size does: \(slopes.joined(separator: ", ")).\n"
    }

    private var remarks: String {
        var page = "\n## How far to trust it\n\n"
        let crowded = result.rows.filter { ($0.otherCores ?? 0) > 0.1 }.count
        let busy = result.rows.filter { ($0.generatorCores ?? 0) > 0.9 }.count
        page +=
            "- \(crowded) of \(result.rows.count) figures were taken while something else used more than a tenth of a core.\n"
        page += "- In \(busy) the load generator used more than 0.9 of a core, and may have been the limit itself.\n"
        let lost = result.rows.filter { ($0.lost ?? 0) > 0 }
        for row in lost {
            page +=
                "- \(ResultText.party(row)), \(row.load) \(row.size): \(row.lost ?? 0) did not come or were refused.\n"
        }
        for one in result.missing {
            let reason = one.reason.split(separator: "\n").first.map(String.init) ?? ""
            page += "- Missing: \(one.peer)\(one.load.map { ", \($0)" } ?? ""): \(reason)\n"
        }
        for remark in result.remarks ?? [] { page += "- \(remark)\n" }
        return page
    }

    private static func cores(_ value: Double?) -> String { String(format: "%.2f", value ?? 0) }

    private static func table(_ head: String, _ rows: [Row], _ cell: (Row) -> String) -> String {
        var parties: [String] = []
        for row in rows where !parties.contains(ResultText.party(row)) { parties.append(ResultText.party(row)) }
        var text = "| \(head) | \(parties.joined(separator: " | ")) |\n| ---: |"
        text += String(repeating: " ---: |", count: parties.count) + "\n"
        for size in Set(rows.map(\.size)).sorted() {
            let cells = parties.map { party in
                rows.first { $0.size == size && ResultText.party($0) == party }.map(cell) ?? "–"
            }
            text += "| \(size) | \(cells.joined(separator: " | ")) |\n"
        }
        return text
    }
}
