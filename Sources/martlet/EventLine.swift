import ChatModel
import MartletClient

/// An event as one line for a person: when, what, where, who, and the heart of it.
struct EventLine {
    private let event: Event
    private let channel: String
    private let actor: String
    /// Characters of the short text.
    private static let limit = 100

    init(_ event: Event, channel: String, actor: String) {
        self.event = event
        self.channel = channel
        self.actor = actor
    }

    func text(coloured: Bool) -> String {
        let at = TerminalText.line(event.at, limit: 24)
        let type = TerminalText.padded(TerminalText.line(event.type.description, limit: 40), to: 16)
        let place = TerminalText.padded(TerminalText.line(channel, limit: 40), to: 12)
        let who = TerminalText.padded(TerminalText.line(actor, limit: 40), to: 10)
        let fields = [
            coloured ? TerminalText.coloured(at, .grey) : at, coloured ? TerminalText.coloured(type, .green) : type,
            place, who, TerminalText.line(summary, limit: Self.limit),
        ]
        return String(fields.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }

    private var summary: String {
        let data = event.data
        func text(_ key: String) -> String { data[key]?.string ?? "" }
        func number(_ key: String) -> String { data[key]?.integer.map(String.init) ?? "?" }
        switch event.type.description.prefix(while: { $0 != "." }) {
        case "message" where event.type.description == "message.deleted": return "message \(number("seq"))"
        case "message": return text("text")
        case "reaction": return "\(text("emoji")) to message \(number("seq"))"
        case "channel": return "\(text("name")) \(text("topic"))"
        case "member": return data["user"]?["handle"]?.string ?? ""
        case "read": return "up to message \(number("read_seq")), \(number("unread_count")) unread"
        case "user": return "\(text("handle")) \(text("name"))"
        default: return TerminalText.json(data, isPretty: false)
        }
    }
}

/// The names behind the numbers of events; each is asked for once.
final class EventNames {
    private let client: MartletClient
    private var channels: [ChannelID: String] = [:]
    private var users: [UserID: String] = [:]
    /// Names kept; asked for anew beyond that.
    private static let limit = 10_000

    init(_ client: MartletClient) { self.client = client }

    func channel(_ event: Event) async -> String {
        guard let id = event.channelID else { return "-" }
        if let known = channels[id], event.type.description != "channel.updated" { return known }
        let name = (try? await client.channel(id))?.name ?? ""
        if channels.count >= Self.limit { channels = [:] }
        channels[id] = name.isEmpty ? "channel:\(id)" : "#\(name)"
        return channels[id] ?? ""
    }

    func actor(_ event: Event) async -> String {
        guard let id = event.actorID else { return "-" }
        // Most events name their actor.
        for key in ["author", "user"] where event.data[key]?["id"]?.integer.map(UserID.init) == id {
            if let handle = event.data[key]?["handle"]?.string { return handle }
        }
        if let known = users[id] { return known }
        if users.count >= Self.limit { users = [:] }
        users[id] = (try? await client.user(id))?.handle ?? "user:\(id)"
        return users[id] ?? ""
    }
}
