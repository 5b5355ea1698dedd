import ChatModel
import Foundation

/// What an import of an archive did.
struct ArchiveSummary: Codable, Equatable {
    var source: String
    var users = ImportOutcome.Count()
    var channels = ImportOutcome.Count()
    var messages = ImportOutcome.Count()
    var members = ImportOutcome.Count()
    var reactions = 0
    /// What was left out, and how often, by the reason.
    var leftOut: [String: Int] = [:]
    /// Handles that were taken, and those that people got.
    var renamed: [String: String] = [:]
    var seconds = 0.0
    var messagesPerSecond = 0.0

    enum CodingKeys: String, CodingKey {
        case source, users, channels, messages, members, reactions, renamed, seconds
        case leftOut = "left_out"
        case messagesPerSecond = "messages_per_second"
    }

    init(source: String) { self.source = source }

    mutating func add(_ outcome: ImportOutcome) {
        var sum = ImportOutcome()
        (sum.users, sum.channels, sum.messages, sum.members, sum.reactions) = (
            users, channels, messages, members, reactions
        )
        sum.add(outcome)
        (users, channels, messages, members, reactions) = (
            sum.users, sum.channels, sum.messages, sum.members, sum.reactions
        )
        for (reason, count) in [
            ("reactions with what is no emoji here", outcome.reactionsLeftOut),
            ("threads whose beginning is missing: answers stand in their channel", outcome.threadsMissing),
        ] where count > 0 {
            leftOut[reason, default: 0] += count
        }
    }

    mutating func set(_ duration: Duration) {
        let (whole, part) = duration.components
        let exact = Double(whole) + Double(part) / 1e18
        seconds = (exact * 1000).rounded() / 1000
        messagesPerSecond = exact > 0 ? (Double(messages.created + messages.existing) / exact).rounded() : 0
    }

    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    var text: String {
        func counted(_ name: String, _ count: ImportOutcome.Count) -> String {
            "\(name.padding(toLength: 10, withPad: " ", startingAt: 0)) \(count.created) new, \(count.existing) there before"
        }
        var lines = [
            counted("people", users), counted("channels", channels), counted("messages", messages),
            counted("members", members), "reactions  \(reactions) new",
        ]
        for (reason, count) in leftOut.sorted(by: { $0.key < $1.key }) { lines.append("left out   \(count) \(reason)") }
        if !renamed.isEmpty {
            let examples = renamed.sorted { $0.key < $1.key }.prefix(10).map { "\($0.key) is \($0.value)" }
            lines.append("handles    \(renamed.count) were taken: \(examples.joined(separator: ", "))")
        }
        lines.append("\(seconds) s, \(Int(messagesPerSecond)) messages/s")
        return lines.joined(separator: "\n")
    }
}

extension ImportOutcome {
    mutating func add(_ other: ImportOutcome) {
        func sum(_ one: Count, _ two: Count) -> Count {
            Count(created: one.created + two.created, existing: one.existing + two.existing)
        }
        users = sum(users, other.users)
        channels = sum(channels, other.channels)
        messages = sum(messages, other.messages)
        members = sum(members, other.members)
        reactions += other.reactions
        reactionsLeftOut += other.reactionsLeftOut
        threadsMissing += other.threadsMissing
    }
}
