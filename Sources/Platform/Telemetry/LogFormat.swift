/// The two ways a record is written.
enum LogFormat {
    static func json(_ record: LogRecord, at time: String) -> String {
        var line = "{\"timestamp\":\"\(time)\",\"level\":\"\(record.level.rawValue.uppercased())\",\"service\":"
        line.appendJSON(record.service)
        line += ",\"event\":"
        line.appendJSON(record.event)
        for (key, value) in record.values.sorted(by: { $0.key < $1.key }) {
            line += ","
            line.appendJSON(key)
            line += ":"
            switch value {
            case .string(let text): line.appendJSON(text)
            case .int(let number): line += String(number)
            case .double(let number): line += number.isFinite ? String(number) : "null"
            case .bool(let flag): line += flag ? "true" : "false"
            }
        }
        return line + "}"
    }

    static func human(_ record: LogRecord, at time: String, colour: Bool) -> String {
        let level = record.level.rawValue.uppercased()
        let padded = level + String(repeating: " ", count: 5 - level.count)
        var line = "\(time.dropFirst(11).dropLast(1)) "
        line += colour ? "\(record.level.colour)\(padded)\u{1B}[0m" : padded
        line += " \(record.service): \(record.event)"
        for (key, value) in record.values.sorted(by: { $0.key < $1.key }) {
            let text =
                switch value {
                case .string(let text): text.contains(" ") || text.isEmpty ? text.quoted : text.withoutControls
                case .int(let number): String(number)
                case .double(let number): String(number)
                case .bool(let flag): String(flag)
                }
            line += colour ? " \u{1B}[2m\(key)=\u{1B}[0m\(text)" : " \(key)=\(text)"
        }
        return line
    }
}

extension LogLevel {
    fileprivate var colour: String {
        switch self {
        case .debug: "\u{1B}[2m"
        case .info: "\u{1B}[32m"
        case .warn: "\u{1B}[33m"
        case .error: "\u{1B}[31m"
        }
    }
}

extension String {
    fileprivate var quoted: String {
        var text = ""
        text.appendJSON(self)
        return text
    }

    /// A value from outside must not be able to start a line of its own or to move the cursor.
    fileprivate var withoutControls: String {
        unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } ? quoted : self
    }
}
