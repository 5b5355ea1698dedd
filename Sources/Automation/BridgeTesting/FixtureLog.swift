import ChatModel
import Telemetry

/// Writes down what a bridge writes to the log, as notes.
struct FixtureLog: LogSink {
    let recorder: EffectRecorder

    func write(_ record: LogRecord) {
        var values: [String: JSONValue] = [:]
        for (key, value) in record.values {
            switch value {
            case .string(let text): values[key] = .string(String(text.prefix(2000)))
            case .int(let number): values[key] = .integer(number)
            case .double(let number): values[key] = .number(number)
            case .bool(let flag): values[key] = .bool(flag)
            }
        }
        recorder.record(
            .log, ["level": .string(record.level.rawValue), "event": .string(record.event), "values": .object(values)],
            isNote: true)
    }
}
