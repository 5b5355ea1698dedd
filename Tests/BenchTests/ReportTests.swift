import Foundation
import Testing

@testable import martlet_bench

@Suite(.timeLimit(.minutes(1)))
struct ReportTests {
    private static func row(
        _ load: String, _ peer: String, _ size: Int, _ value: Double, variant: String = "", server: Double? = nil
    ) -> Row {
        var row = Row(load: load, peer: peer, variant: variant, size: size, value: value, unit: "x/s")
        row.serverCores = server
        row.p50 = 1
        row.p95 = 2
        row.p99 = 3
        return row
    }

    private static var result: martlet_bench.Result {
        var result = martlet_bench.Result(
            machine: MachineDescription(
                processor: "P", cores: 2, memory: 8 << 30, kernel: "6", postgres: "15", redis: "7"),
            seconds: 3, isQuick: false)
        result.date = "2026-01-01T00:00:00Z"
        result.rows = [
            row("send", "martlet", 16, 10_000, variant: "http", server: 0.5),
            row("send", "martlet", 64, 30_000, variant: "http", server: 1), row("send", "node", 64, 5_000, server: 1),
            row("send", "ejabberd", 64, 9_000), row("send", "pgbench", 2, 50_000, variant: "200 rows"),
            row("fanout", "martlet", 100, 90), row("fanout", "martlet", 1_000, 80), row("fanout", "node", 1_000, 40),
            row("fanout", "write loop", 100, 100), row("fanout", "write loop", 1_000, 100),
            row("idle", "martlet", 10_000, 5_000), row("idle", "node", 10_000, 20_000),
            row("history", "martlet", 1_000_000, 500), row("bot", "martlet", 16, 100),
        ]
        return result
    }

    private func goal(_ text: String) throws -> Goal {
        try #require(Goal.all(Self.result).first { $0.text.contains(text) })
    }

    @Test func `goals are ratios within the run`() throws {
        // ejabberd is none of those that the goal speaks of.
        #expect(try goal("best of Node.js").value == 6)
        #expect(try goal("200 rows").value == 0.6)
        let writes = try goal("bare write loop")
        #expect(writes.value == 0.8)
        #expect(!writes.isMet)
        #expect(try goal("fan-out, to the best peer").value == 2)
        #expect(try goal("connection, to the best peer").isMet)
        #expect(try goal("history").value == 2)
        #expect(try goal("round trip").value == 3)
    }

    @Test func `goals without figures are left out, not met`() {
        var result = Self.result
        result.rows = []
        #expect(Goal.all(result).isEmpty)
    }

    @Test func `a cost that stays has the slope 0, one that grows with the size 1`() throws {
        let flat = try #require(Growth.slope([(1, 5), (4, 5), (16, 5)]))
        let steep = try #require(Growth.slope([(10, 3), (100, 30), (1000, 300)]))
        #expect(flat.magnitude < 1e-9)
        #expect((steep - 1).magnitude < 1e-9)
        #expect(Growth.slope([(5, 5)]) == nil)
        #expect(Growth.slope([(5, 5), (5, 6)]) == nil)
        #expect(Growth.slope([]) == nil)
    }

    @Test func `the table names every party, and what is missing with its reason`() {
        var result = Self.result
        result.goals = Goal.all(result)
        result.missing = [.init(peer: "synapse", load: nil, reason: "it is not installed")]
        let text = ResultText.lines(result, isColoured: false).joined(separator: "\n")
        for word in [
            "martlet http", "node", "write loop", "30000", "missing synapse: it is not installed", "missed  fan-out",
        ] {
            #expect(text.contains(word), "\(word)")
        }
        #expect(!text.contains("\u{1B}"))
        #expect(ResultText.lines(result, isColoured: true).joined().contains("\u{1B}[32m"))
    }

    @Test func `a result survives its JSON`() throws {
        let data = try JSONEncoder().encode(Self.result)
        let back = try JSONDecoder().decode(martlet_bench.Result.self, from: data)
        #expect(back.rows.count == Self.result.rows.count)
        #expect(BenchmarkPage(result: back).text == BenchmarkPage(result: Self.result).text)
    }

    @Test func `the page links to each picture that it has, and to no other`() {
        let page = BenchmarkPage(result: Self.result)
        let names = page.pictures.map(\.name)
        #expect(names.contains("send") && names.contains("idle"))
        for name in names { #expect(page.text.contains("](benchmarks/\(name).svg)")) }
        #expect(page.text.components(separatedBy: ".svg)").count - 1 == names.count)
    }

    @Test(arguments: [
        ["--only", "nothing"], ["--only"], ["--peers", "slack"], ["--seconds", "x"], ["--seconds", "0"], ["--fast"],
    ])
    func `an option that makes no sense is refused with what would be right`(_ arguments: [String]) {
        let error = #expect(throws: BenchError.self) { try CompareOptions(arguments) }
        #expect(error?.description.contains("seconds") == true || error?.description.contains("there are") == true)
    }

    @Test func `a quick run leaves the slow peers out unless they are named`() throws {
        let quick = try CompareOptions(["--quick"])
        #expect(quick.wants("martlet") && quick.wants("node") && !quick.wants("synapse") && !quick.wants("ejabberd"))
        #expect(try CompareOptions(["--quick", "--peers", "synapse"]).parties == ["synapse"])
        #expect(try CompareOptions([]).wants("synapse"))
    }

    @Test func `options choose loads and parties`() throws {
        let options = try CompareOptions([
            "--only", "send,fanout", "--peers", "node,martlet", "--seconds", "10", "--json",
        ])
        #expect(options.wants(load: "send") && !options.wants(load: "idle"))
        #expect(options.wants("node") && !options.wants("limits"))
        #expect(options.seconds == 10 && options.isJSON)
    }

    @Test func `each channel of the scene has members that there are, and each socket has a room`() {
        let scene = Scene(sockets: 10_000, fanOuts: [100, 10_000, 50_000])
        #expect(scene.users == 10_000)
        for members in scene.channels { #expect(members.upperBound <= scene.users && !members.isEmpty) }
        for user in [0, 9, 10, 9_999] { #expect(scene.channels[scene.room(of: user)].contains(user)) }
        #expect(scene.fanOut[50_000] == nil)
        #expect(scene.fanOut[100].map { scene.channels[$0].count } == 100)
    }
}
