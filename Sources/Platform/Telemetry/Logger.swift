import Synchronization

/// Writes structured records: a static event name and a few keys, never a sentence with values inside.
///
/// The event name and the keys follow one shape everywhere (`timestamp`, `level`, `service`, `event`, then camelCase
/// keys), so that a log can be searched without knowing the code. A logger is a value: bind what is known once
/// (`connectionId`, `requestId`) with ``with(_:)`` and hand the result on.
package struct Logger: Sendable {
    package let service: String
    private let threshold: LogThreshold
    private var bound: [String: LogValue]
    private let sink: any LogSink

    package init(service: String, level: LogLevel = .info, sink: any LogSink) {
        self.init(service: service, threshold: LogThreshold(level), bound: [:], sink: sink)
    }

    private init(service: String, threshold: LogThreshold, bound: [String: LogValue], sink: any LogSink) {
        self.service = service
        self.threshold = threshold
        self.bound = bound
        self.sink = sink
    }

    /// The least urgent level that is written; set, it holds for all copies at once.
    package var level: LogLevel {
        get { threshold.level }
        nonmutating set { threshold.level = newValue }
    }

    /// A logger that drops everything; for callers that have nothing to say.
    package static let silent = Logger(service: "silent", level: .error, sink: NullLogSink())

    /// A copy that adds `values` to every record it writes.
    package func with(_ values: [String: LogValue]) -> Logger {
        var copy = self
        copy.bound.merge(values) { _, new in new }
        return copy
    }

    /// A copy that writes under another service name, same level and sink.
    package func named(_ service: String) -> Logger {
        Logger(service: service, threshold: threshold, bound: bound, sink: sink)
    }

    package func debug(_ event: StaticString, _ values: @autoclosure () -> [String: LogValue] = [:]) {
        write(.debug, event, values)
    }

    package func info(_ event: StaticString, _ values: @autoclosure () -> [String: LogValue] = [:]) {
        write(.info, event, values)
    }

    package func warn(_ event: StaticString, _ values: @autoclosure () -> [String: LogValue] = [:]) {
        write(.warn, event, values)
    }

    package func error(_ event: StaticString, _ values: @autoclosure () -> [String: LogValue] = [:]) {
        write(.error, event, values)
    }

    private func write(_ level: LogLevel, _ event: StaticString, _ values: () -> [String: LogValue]) {
        guard level >= self.level else { return }
        let record = LogRecord(
            level: level, service: service, event: event.description,
            values: bound.merging(values()) { _, new in new })
        sink.write(record)
    }
}

/// How urgent a record is; a logger drops what lies below its own level.
package enum LogLevel: String, Sendable, Comparable, CaseIterable {
    case debug, info, warn, error

    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }

    fileprivate var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warn: 2
        case .error: 3
        }
    }
}

/// The least urgent level that is written, of a logger and all its copies.
private final class LogThreshold: Sendable {
    private let rank: Atomic<Int>

    init(_ level: LogLevel) { rank = Atomic(level.rank) }

    var level: LogLevel {
        get { LogLevel.allCases[rank.load(ordering: .relaxed)] }
        set { rank.store(newValue.rank, ordering: .relaxed) }
    }
}

/// One value of a record.
package enum LogValue: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation
{
    case string(String)
    case int(Int64)
    case double(Double)
    case bool(Bool)

    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package static func int(_ value: Int) -> LogValue { .int(Int64(value)) }

    /// The text of an error that is safe to show: its `description`.
    package static func error(_ error: any Error) -> LogValue { .string(ErrorText.of(error)) }
}

/// What a sink receives.
package struct LogRecord: Sendable {
    package let level: LogLevel
    package let service: String
    package let event: String
    package let values: [String: LogValue]
}

/// Where records go.
package protocol LogSink: Sendable {
    func write(_ record: LogRecord)
}

struct NullLogSink: LogSink {
    func write(_ record: LogRecord) {}
}
