import Synchronization
import Testing

@testable import Telemetry

struct OutageLogTests {
    private struct Fault: Error, CustomStringConvertible {
        let description = "no answer"
    }

    private final class Sink: LogSink {
        private let kept = Mutex<[LogRecord]>([])
        var lines: [String] {
            kept.withLock { $0 }.map { record in
                guard case .int(let count)? = record.values["leftOut"] else { return record.event }
                return "\(record.event) \(count)"
            }
        }
        func write(_ record: LogRecord) { kept.withLock { $0.append(record) } }
    }

    private final class Clock: Sendable {
        private let time = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { time.withLock { $0 } }
        func advance(_ duration: Duration) { time.withLock { $0 += duration } }
    }

    private let sink = Sink()
    private let clock = Clock()

    private func log() -> OutageLog {
        OutageLog(Logger(service: "test", sink: sink), failed: "lost", restored: "back") { [clock] in clock.now }
    }

    @Test func `the first failure and the end are told and the others only counted`() {
        let log = log()
        log.worked()
        for _ in 0..<1000 { log.failed(Fault()) }
        clock.advance(.seconds(9))
        log.failed(Fault())
        #expect(sink.lines == ["lost"])
        log.worked()
        log.worked()
        #expect(sink.lines == ["lost", "back 1000"])
    }

    @Test func `a long outage is told again ever more rarely with the number of failures`() {
        let log = log()
        for _ in 0..<3600 {
            log.failed(Fault())
            clock.advance(.seconds(1))
        }
        #expect(sink.lines.prefix(5) == ["lost", "lost 9", "lost 19", "lost 39", "lost 79"])
        #expect(sink.lines.count < 20)
    }

    @Test func `what fails and works by turns is told no more often`() {
        let log = log()
        for _ in 0..<100 {
            log.failed(Fault())
            log.worked()
            clock.advance(.milliseconds(100))
        }
        #expect(sink.lines == ["lost", "back"])
        clock.advance(.seconds(10))
        log.failed(Fault())
        #expect(sink.lines.last == "lost 99")
    }
}
