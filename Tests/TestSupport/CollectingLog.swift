import Synchronization
package import Telemetry

/// Keeps what is logged, for tests of what is said and how often.
package final class CollectingLog: LogSink {
    private let kept = Mutex<[LogRecord]>([])

    package init() {}

    package var records: [LogRecord] { kept.withLock { $0 } }

    package func write(_ record: LogRecord) { kept.withLock { $0.append(record) } }
}
