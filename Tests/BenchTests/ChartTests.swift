import Foundation
import Testing

@testable import Charts

@Suite(.timeLimit(.minutes(1)))
struct ChartTests {
    @Test(arguments: [[0.0], [], [1, 3, 7], [0.0012, 5e6], [100, 100], [1e-12], [.infinity, 5], [999, 1_000_000]])
    func `an axis holds its values and has marks in rising order`(_ values: [Double]) {
        for scale in [Axis.Scale.linear, .logarithmic] {
            let axis = Axis(values, scale: scale)
            #expect(axis.ticks.count >= 2)
            #expect(axis.ticks == axis.ticks.sorted())
            #expect(axis.high > axis.low)
            for value in values where value.isFinite && value > 0 {
                #expect((-0.001...1.001).contains(axis.position(value)), "\(value) in \(axis.ticks)")
            }
        }
    }

    @Test(arguments: [
        (0.0, "0"), (5, "5"), (12.5, "12.5"), (999, "999"), (1_000, "1,000"), (2_050, "2,050"), (10_000, "10k"),
        (262_144, "262.14k"), (1_000_000, "1M"), (0.25, "0.25"),
    ])
    func `a mark is short and exact enough`(_ value: Double, _ text: String) { #expect(Axis.label(value) == text) }

    private static let lines = LineChart(
        title: "Sends <fast> & \"safe\"", xLabel: "senders", yLabel: "messages/s",
        series: [
            .init("martlet", [(1, 500), (16, 9_000), (256, 20_000)], colour: 0),
            .init("node", [(1, 400), (16, 5_000), (256, 5_100)], colour: 1),
            .init("pgbench", [(32, 9_300)], colour: 7, isDashed: true), .init("empty", [], colour: 2),
        ])

    @Test func `a picture is well-formed, names every series, and holds no number that is none`() throws {
        let bars = BarChart(
            title: "Memory", label: "kB",
            bars: [.init("martlet", 6.2, colour: 0, text: "6.2 kB"), .init("node", 0, mark: 14, colour: 1, text: "0")])
        for svg in [Self.lines.svg(), bars.svg()] {
            #expect(!svg.contains("nan") && !svg.contains("inf"))
            #expect(svg.contains("prefers-color-scheme:dark"))
            #expect(svg.hasPrefix("<svg xmlns") && svg.hasSuffix("</svg>\n"))
            #expect(svg.components(separatedBy: "<text").count == svg.components(separatedBy: "</text>").count)
        }
        let svg = Self.lines.svg()
        #expect(svg.contains("Sends &lt;fast&gt; &amp; &quot;safe&quot;"))
        for name in ["martlet", "node", "pgbench", "senders", "messages/s"] { #expect(svg.contains(">\(name)</text>")) }
        #expect(!svg.contains(">empty</text>"))
    }

    @Test func `names at the same height are moved apart and keep their order`() {
        let placed = LineChart.apart([("a", 100), ("b", 101), ("c", 99), ("d", 326)])
        #expect(placed.map(\.name) == ["c", "a", "b", "d"])
        for (above, below) in zip(placed, placed.dropFirst()) { #expect(below.y - above.y >= 15) }
    }

    @Test func `a chart of nothing and of one point is drawn all the same`() {
        let empty = LineChart(title: "t", xLabel: "x", yLabel: "y", series: [])
        let one = LineChart(title: "t", xLabel: "x", yLabel: "y", series: [.init("a", [(5, 5)], colour: 0)])
        for svg in [empty.svg(), one.svg()] { #expect(!svg.contains("nan") && svg.hasSuffix("</svg>\n")) }
    }
}
