import Foundation
import Synchronization
import Testing

@testable import Telemetry

struct LogAndMetricsTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (4_102_444_800_000, "2100-01-01T00:00:00.000Z"),
    ])
    func `times are written and read in UTC with milliseconds`(milliseconds: Int64, text: String) {
        #expect(Timestamp.format(milliseconds: milliseconds) == text)
        #expect(Timestamp.parse(text) == milliseconds)
    }

    @Test(arguments: [
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01", "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00", "", "x026-01-01T00:00:00Z", "2026-01-01T00:00:00ZZ",
    ])
    func `what is no time is refused`(text: String) { #expect(Timestamp.parse(text) == nil) }

    @Test func `an offset is taken into account`() {
        #expect(Timestamp.parse("2026-01-01T02:00:00.5+02:00") == Timestamp.parse("2026-01-01T00:00:00.500Z"))
    }

    @Test func `a JSON line is one line of valid JSON whatever the values hold`() throws {
        let record = LogRecord(
            level: .warn, service: "s", event: "a.b",
            values: ["text": "a\"b\\c\n\u{1}\u{7F}ü", "number": 3, "flag": true, "bad": .double(.nan)])
        let line = LogFormat.json(record, at: "t")
        #expect(!line.contains("\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["text"] as? String == "a\"b\\c\n\u{1}\u{7F}ü")
        #expect(object["level"] as? String == "WARN")
        #expect(object["event"] as? String == "a.b")
    }

    @Test func `a value cannot break out of its line on a terminal`() {
        let record = LogRecord(level: .info, service: "s", event: "e", values: ["k": "x\u{1B}[2J\nERROR"])
        let line = LogFormat.human(record, at: "2026-01-01T00:00:00.000Z", colour: false)
        #expect(!line.contains("\n") && !line.contains("\u{1B}"))
    }

    @Test func `series exist at zero and histograms are cumulative`() {
        let metrics = Metrics()
        _ = metrics.counter("martlet_a_total", "A.", ["route": "x\"y"])
        let histogram = metrics.histogram("martlet_b_seconds", "B.")
        #expect(metrics.exposition().contains("martlet_a_total{route=\"x\\\"y\"} 0\n"))
        histogram.record(seconds: 0.0003)
        histogram.record(.seconds(20))
        let text = metrics.exposition()
        #expect(text.contains("martlet_b_seconds_bucket{le=\"0.0005\"} 1\n"))
        #expect(text.contains("martlet_b_seconds_bucket{le=\"+Inf\"} 2\n"))
        #expect(text.contains("martlet_b_seconds_count 2\n"))
    }
}
