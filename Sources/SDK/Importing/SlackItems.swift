import ChatModel
import SlackText
import Telemetry
import Text

/// A line of Slack's `users.json`.
struct SlackUser: Decodable {
    let person: ImportBatch.Person

    private struct Profile: Decodable {
        var display_name: String?
        var real_name: String?
        var email: String?
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, deleted, profile
        case realName = "real_name"
        case isBot = "is_bot"
        case isRestricted = "is_restricted"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let id = try values.decode(String.self, forKey: .id)
        let name: String? = values.lenient(.name)
        let profile: Profile? = values.lenient(.profile)
        person = ImportBatch.Person(
            id: id, handle: PeopleNames.handle(name ?? id.lowercased()),
            name: Self.shown([profile?.display_name, profile?.real_name, values.lenient(.realName), name]),
            email: profile?.email, kind: values.lenient(.isBot) == true ? .bot : .person,
            isGuest: values.lenient(.isRestricted), isActive: values.lenient(.deleted) != true)
    }

    /// The first name that can be shown.
    static func shown(_ names: [String?]) -> String? {
        names.lazy.compactMap { $0.flatMap { NameRule.display.cleaned($0) } }.first
    }
}

/// A line of `channels.json`, `groups.json`, `mpims.json` or `dms.json`.
struct SlackChannel: Decodable {
    var id: String
    var name: String?
    var creator: String?
    var created: Int64?
    var isArchived: Bool?
    var topic: String?
    var purpose: String?
    var members: [String]?

    private struct Value: Decodable { var value: String? }

    private enum CodingKeys: String, CodingKey {
        case id, name, creator, created, topic, purpose, members
        case isArchived = "is_archived"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        name = values.lenient(.name)
        creator = values.lenient(.creator)
        created = values.lenient(.created).flatMap { (0..<253_402_300_800).contains($0) ? $0 : nil }
        isArchived = values.lenient(.isArchived)
        let topic: Value? = values.lenient(.topic)
        self.topic = topic?.value.flatMap { $0.isEmpty ? nil : $0 }
        let purpose: Value? = values.lenient(.purpose)
        self.purpose = purpose?.value
        members = values.lenient(.members)
    }
}

/// A message of a day of Slack's export.
struct SlackMessage: Decodable {
    struct Reaction: Decodable {
        var name: String
        var users: [String]?
    }
    private struct File: Decodable {
        var name: String?
        var title: String?
    }
    private struct Edited: Decodable { var ts: String? }
    private struct Profile: Decodable {
        var name: String?
        var display_name: String?
        var real_name: String?
    }

    let ts: String
    let author: String
    let authorName: String?
    let isBot: Bool
    let reactions: [Reaction]?
    private let subtype: String?
    private let text: String
    private let thread: String?
    private let edited: String?
    private let files: [String]
    private let milliseconds: Int64?

    private enum CodingKeys: String, CodingKey {
        case ts, user, text, subtype, reactions, edited, files, username
        case thread = "thread_ts"
        case bot = "bot_id"
        case profile = "user_profile"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        ts = try values.decode(String.self, forKey: .ts)
        milliseconds = Self.time(ts)
        subtype = values.lenient(.subtype)
        text = values.lenient(.text) ?? ""
        thread = values.lenient(.thread)
        reactions = values.lenient(.reactions)
        let edited: Edited? = values.lenient(.edited)
        self.edited = edited?.ts
        let files: [File]? = values.lenient(.files)
        self.files = (files ?? []).compactMap { $0.name ?? $0.title }
        let profile: Profile? = values.lenient(.profile)
        let username: String? = values.lenient(.username)
        if let user: String = values.lenient(.user), !user.isEmpty {
            (author, isBot, authorName) = (user, false, profile?.name ?? profile?.display_name ?? profile?.real_name)
        } else {
            let bot: String? = values.lenient(.bot)
            (author, isBot) = (bot ?? "USLACKBOT", bot != nil)
            authorName = bot == nil ? nil : username ?? bot?.lowercased()
        }
    }

    /// Milliseconds since 1970 of `1609459200.000200`.
    static func time(_ ts: String) -> Int64? {
        let parts = ts.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let seconds = Int64(parts[0]), (0..<253_402_300_800).contains(seconds) else {
            return nil
        }
        guard parts.count == 2 else { return seconds * 1000 }
        guard let fraction = Int64((parts[1] + "000").prefix(3)), fraction >= 0 else { return nil }
        return seconds * 1000 + fraction
    }

    private var isDeleted: Bool { subtype == "tombstone" }

    /// Why the message is not brought in; nil when it is.
    var reasonToLeaveOut: String? {
        if milliseconds == nil { return "messages without a time" }
        switch subtype {
        case "channel_join", "channel_leave", "group_join", "group_leave", "bot_add", "bot_remove":
            return "joins and parts"
        default: return isDeleted || ArchiveText.isReadable(text) || !files.isEmpty ? nil : "messages without a text"
        }
    }

    func message(in channel: String, _ markup: SlackMarkup) -> ImportBatch.Message {
        var said = ArchiveText.isReadable(text) ? markup.markdown(text) : ""
        for file in files { said += (said.isEmpty ? "" : "\n") + "File: \(file)" }
        let at = Timestamp.format(milliseconds: milliseconds ?? 0)
        let kind: Message.Kind =
            switch subtype {
            case "me_message": .action
            case let subtype? where subtype.hasPrefix("channel_") || subtype.hasPrefix("group_"): .system
            default: .text
            }
        return ImportBatch.Message(
            id: "\(channel)/\(ts)", channel: channel, author: author, at: at, kind: kind,
            text: isDeleted ? "" : said.replacing("\0", with: "\u{FFFD}"),
            thread: thread.flatMap { $0 == ts ? nil : "\(channel)/\($0)" },
            editedAt: edited.flatMap(Self.time).map { Timestamp.format(milliseconds: $0) },
            deletedAt: isDeleted ? at : nil,
            reactions: reactions?.map { ImportBatch.Reaction(emoji: Self.emoji($0.name), users: $0.users ?? []) })
    }

    /// `wave::skin-tone-2` is `wave_tone1`.
    private static func emoji(_ name: String) -> String {
        let parts = name.split(separator: ":", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[1].hasPrefix("skin-tone-"), let tone = Int(parts[1].dropFirst(10)) else {
            return name
        }
        return "\(parts[0])_tone\(tone - 1)"
    }
}
