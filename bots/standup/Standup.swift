import Foundation
import MartletBot

/// One stand-up in one channel, as it is stored under ``key(_:)``.
struct Standup: Codable, Sendable {
    /// What one person wrote.
    struct Entry: Codable, Sendable {
        var handle: String
        var name: String
        /// By message, so that an edit or a deletion finds its answer.
        var texts: [Answer] = []
    }

    /// One message.
    struct Answer: Codable, Sendable {
        var message: MessageID
        var text: String
    }

    /// More would not fit into one summary.
    static let people = 100
    static let answersEach = 10
    static let textLength = 1000

    var channel: ChannelID
    var announcement: MessageID
    var startedBy: String
    /// When it closes by itself.
    var closesAt: Date?
    /// In the order in which people answered first.
    var entries: [Entry] = []

    static func key(_ channel: ChannelID) -> String { "standup/\(channel)" }

    /// - Returns: Whether there was room.
    mutating func add(_ message: Message) -> Bool {
        let answer = Answer(message: message.id, text: String(message.text.prefix(Self.textLength)))
        if let index = entries.firstIndex(where: { $0.handle == message.author.handle }) {
            guard entries[index].texts.count < Self.answersEach else { return false }
            entries[index].texts.append(answer)
        } else {
            guard entries.count < Self.people else { return false }
            entries.append(Entry(handle: message.author.handle, name: message.author.name, texts: [answer]))
        }
        return true
    }

    /// Changes or, with nil, removes an answer.
    ///
    /// - Returns: Whether the message was one.
    mutating func change(_ message: MessageID, to text: String?) -> Bool {
        for index in entries.indices {
            guard let place = entries[index].texts.firstIndex(where: { $0.message == message }) else { continue }
            if let text {
                entries[index].texts[place].text = String(text.prefix(Self.textLength))
            } else {
                entries[index].texts.remove(at: place)
            }
            entries.removeAll { $0.texts.isEmpty }
            return true
        }
        return false
    }

    /// The summary as Markdown: each person's answers, lines about being blocked in bold, and who is missing.
    func report(members: [Member]) -> String {
        var lines = ["**Stand-up** by @\(startedBy), \(entries.count) answered"]
        for entry in entries {
            lines.append("**\(entry.name)** (@\(entry.handle))")
            for line in entry.texts.flatMap({ $0.text.split(separator: "\n") }) {
                let isBlocked = line.lowercased().contains("block")
                lines.append(isBlocked ? "- **\(line)**" : "- \(line)")
            }
        }
        let answered = Set(entries.map(\.handle))
        let missing = members.map(\.user).filter { $0.kind == .person && !answered.contains($0.handle) }
        if !missing.isEmpty {
            let shown = missing.prefix(30).map { "@\($0.handle)" }.joined(separator: ", ")
            lines.append("Missing: \(shown)" + (missing.count > 30 ? " and \(missing.count - 30) more" : ""))
        }
        // The server takes 16,000 characters.
        let text = lines.joined(separator: "\n")
        return text.count > 15_000 ? text.prefix(15_000) + "\n…" : text
    }
}
