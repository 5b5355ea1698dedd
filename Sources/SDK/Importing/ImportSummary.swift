import ChatModel
import Foundation

/// What an import did.
struct ImportSummary: Codable, Equatable {
    var channel: String
    var files: Int
    /// All lines, blank ones included.
    var lines: Int
    /// Lines with nothing on them, which became no message.
    var blank: Int
    /// Lines about the log itself, which became no message either.
    var headers: Int
    /// Lines without a form of the log's format, kept whole as reports.
    var misfits: Int
    /// New messages by kind.
    var messages: [String: Int]
    /// New messages in all.
    var total: Int
    var people: Int
    /// Lines that had been stored before.
    var duplicates: Int
    var refused: Int
    var reconnects: Int
    /// Nicks that could not be handles as they were, and the handles they got.
    var renamed: [String: String]
    var seconds: Double
    var messagesPerSecond: Double

    enum CodingKeys: String, CodingKey {
        case channel, files, lines, blank, headers, misfits, messages, total, people, duplicates, refused, reconnects
        case renamed, seconds
        case messagesPerSecond = "messages_per_second"
    }

    mutating func set(_ counts: SendPipeline.Counts, duration: Duration) {
        for (kind, count) in zip(Message.Kind.allCases, counts.stored) { messages[kind.rawValue] = count }
        total = counts.stored.reduce(0, +)
        duplicates = counts.duplicates
        refused = counts.refused
        reconnects = counts.reconnects
        let (whole, part) = duration.components
        let exact = Double(whole) + Double(part) / 1e18
        seconds = (exact * 1000).rounded() / 1000
        messagesPerSecond = exact > 0 ? (Double(total + duplicates) / exact).rounded() : 0
    }

    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    var text: String {
        let kinds = Message.Kind.allCases.map { "\(messages[$0.rawValue] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
        var lines = [
            "Imported \(total) messages into #\(channel) (\(kinds)) by \(people) people.",
            "\(files) files, \(self.lines) lines, \(blank) of them blank, \(headers) dates; \(duplicates) were there before, "
                + "\(refused) refused.",
            "\(seconds) s, \(Int(messagesPerSecond)) messages/s.",
        ]
        if misfits > 0 {
            lines.append("\(misfits) lines have no form of their log's format; they were kept whole, as reports.")
        }
        if !renamed.isEmpty {
            let examples = renamed.sorted { $0.key < $1.key }.prefix(10).map { "\"\($0.key)\" as \($0.value)" }
            lines.append("\(renamed.count) nicks were written otherwise: \(examples.joined(separator: ", ")).")
        }
        return lines.joined(separator: "\n")
    }
}
