import ChatModel
import Compression
import Foundation
import Telemetry
import Text

/// Mattermost's bulk export: JSON lines, alone or in a zip, of which the first tells the version.
struct MattermostExport: Archive {
    static let defaultSource = "mattermost"
    private static let maximumFile = 4 << 30
    private static let maximumLine = 64 << 20

    let path: String
    private(set) var people: [ImportBatch.Person] = []
    private(set) var channels: [ImportBatch.Channel] = []
    private(set) var members: [ImportBatch.Member] = []
    private(set) var leftOut: [String: Int] = [:]
    var messageCount: Int { messages.count }

    private var messages: [(at: Int64, line: Int, message: ImportBatch.Message)] = []
    /// The ids of people, by their user names.
    private var ids: [String: String] = [:]
    private var addresses: Set<String> = []
    private var knownChannels: Set<String> = []
    private var repeats: [String: Int] = [:]
    private let file: String

    init(path: String) throws(ImportError) {
        self.path = path
        let bytes: Data
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
            if data.starts(with: Array("PK".utf8)) {
                let archive = try ZipArchive(data)
                guard
                    let entry = archive.entries.filter({ $0.name.hasSuffix(".jsonl") })
                        .min(by: { $0.name.utf8.count < $1.name.utf8.count })
                else { throw ZipError(description: "It holds no file that ends with .jsonl.") }
                bytes = Data(try archive.read(entry, limit: Self.maximumFile))
                file = "\(path): \(entry.name)"
            } else {
                (bytes, file) = (data, path)
            }
        } catch let error as ZipError {
            throw ImportError(.usage, "\(path) cannot be read: \(error.description)")
        } catch {
            throw ImportError(.usage, "\(path) cannot be read: \(error.localizedDescription)")
        }
        try read(bytes)
        messages.sort { ($0.message.channel, $0.at, $0.line) < ($1.message.channel, $1.at, $1.line) }
        distinguishChannels()
    }

    private mutating func read(_ bytes: Data) throws(ImportError) {
        var (index, number) = (bytes.startIndex, 0)
        while index < bytes.endIndex {
            let end = bytes[index...].firstIndex(of: 0x0A) ?? bytes.endIndex
            let line = bytes[index..<end]
            index = end == bytes.endIndex ? end : end + 1
            number += 1
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            guard line.count <= Self.maximumLine else {
                throw ImportError(
                    .usage, "\(file):\(number) has \(line.count) bytes; at most \(Self.maximumLine) are read.")
            }
            let item: MattermostLine
            do {
                item = try JSONDecoder().decode(MattermostLine.self, from: line)
            } catch {
                throw ImportError(.usage, "\(file):\(number): \(ArchiveText.fault(error)).")
            }
            if number == 1 {
                guard item.type == "version", item.version == 1 else {
                    throw ImportError(
                        .usage,
                        "\(file):1 is not the beginning of a bulk export of Mattermost, which is "
                            + "{\"type\":\"version\",\"version\":1}.")
                }
            }
            take(item, number)
        }
        guard number > 0 else { throw ImportError(.usage, "\(file) is empty.") }
    }

    private mutating func take(_ item: MattermostLine, _ line: Int) {
        switch item.type {
        case "version", "team", "info": break
        case "user": if let user = item.user { take(user) }
        case "channel":
            guard let channel = item.channel else { break }
            let id = "\(channel.team)/\(channel.name)"
            guard knownChannels.insert(id).inserted else { break }
            channels.append(
                ImportBatch.Channel(
                    id: id, kind: channel.type == "P" ? .private : .public, name: PeopleNames.handle(channel.name),
                    topic: ArchiveText.topic(
                        channel.header.flatMap { $0.isEmpty ? nil : $0 } ?? channel.display_name ?? ""),
                    isArchived: (channel.deleted_at ?? channel.delete_at ?? 0) > 0))
        case "direct_channel":
            if let people = item.direct_channel?.people { _ = direct(people) }
        case "post":
            guard let post = item.post, let team = post.team, let channel = post.channel else { fallthrough }
            take(post, in: "\(team)/\(channel)", line)
        case "direct_post":
            guard let post = item.direct_post, let channel = direct(post.channel_members ?? []) else { fallthrough }
            take(post, in: channel, line)
        default: leftOut["lines of the kind \"\(item.type.prefix(40))\"", default: 0] += 1
        }
    }

    private mutating func take(_ user: MattermostLine.User) {
        guard ids[user.username] == nil else { return }
        // User names change, and the export has no ids: an address stays, mostly, and nobody shares one.
        let address = user.email.map { $0.lowercased() } ?? ""
        let id = address.contains("@") && addresses.insert(address).inserted ? address : user.username
        ids[user.username] = id
        let full = [user.first_name, user.last_name].compactMap { $0 }.joined(separator: " ")
        people.append(
            ImportBatch.Person(
                id: id, handle: PeopleNames.handle(user.username),
                name: SlackUser.shown([user.nickname, full, user.username]), email: user.email,
                isGuest: user.roles?.contains("guest"), isActive: (user.delete_at ?? 0) == 0))
        for team in user.teams ?? [] {
            for channel in team.channels ?? [] {
                members.append(
                    ImportBatch.Member(
                        channel: "\(team.name)/\(channel.name)", user: id,
                        role: channel.roles?.contains("channel_admin") == true ? .owner : nil))
            }
        }
    }

    /// The id of a person, who is added when no line has told of them.
    private mutating func person(_ name: String) -> String {
        if let id = ids[name] { return id }
        ids[name] = name
        people.append(
            ImportBatch.Person(id: name, handle: PeopleNames.handle(name), name: SlackUser.shown([name])))
        return name
    }

    /// The channel of these people, which is made when it is new.
    private mutating func direct(_ people: [String]) -> String? {
        let people = Set(people.map { person($0) }).sorted()
        guard !people.isEmpty else { return nil }
        let id = "direct:\(people.joined(separator: ","))"
        if knownChannels.insert(id).inserted {
            channels.append(
                ImportBatch.Channel(
                    id: id, kind: people.count > 2 ? .group : .direct, between: people.count > 2 ? nil : people))
            members += people.map { ImportBatch.Member(channel: id, user: $0) }
        }
        return id
    }

    private mutating func take(_ post: MattermostLine.Post, in channel: String, _ line: Int) {
        guard let root = add(post, in: channel, thread: nil, line) else {
            if let replies = post.replies, !replies.isEmpty {
                leftOut["answers to messages that are left out", default: 0] += replies.count
            }
            return
        }
        for reply in post.replies ?? [] { _ = add(reply, in: channel, thread: root, line) }
    }

    /// - Returns: The message's id; nil when it is left out.
    private mutating func add(
        _ post: MattermostLine.Post, in channel: String, thread: String?, _ line: Int
    ) -> String? {
        let kind = post.type ?? ""
        if ["join", "leave", "add", "remove"].contains(where: { kind.hasPrefix("system_") && kind.contains($0) }) {
            leftOut["joins and parts", default: 0] += 1
            return nil
        }
        var text = (post.message ?? "").replacing("\0", with: "\u{FFFD}")
        for file in post.attachments ?? [] {
            guard let name = file.path?.split(separator: "/").last else { continue }
            text += (text.isEmpty ? "" : "\n") + "File: \(name)"
        }
        let isDeleted = (post.delete_at ?? 0) > 0
        guard isDeleted || ArchiveText.isReadable(text) else {
            leftOut["messages without a text", default: 0] += 1
            return nil
        }
        guard (0..<253_402_300_800_000).contains(post.create_at) else {
            leftOut["messages without a time", default: 0] += 1
            return nil
        }
        let author = person(post.user)
        // The export has no ids: the channel, the author and the time are one, with a number where it takes one.
        var id = "\(channel):\(author):\(post.create_at)"
        let count = repeats[id, default: 0]
        repeats[id] = count + 1
        if count > 0 { id += "#\(count)" }
        let reactions = Dictionary(grouping: post.reactions ?? [], by: \.emoji_name).sorted { $0.key < $1.key }
            .map { ImportBatch.Reaction(emoji: $0.key, users: $0.value.map { person($0.user) }) }
        func time(_ milliseconds: Int64?) -> String? {
            guard let milliseconds, (1..<253_402_300_800_000).contains(milliseconds) else { return nil }
            return Timestamp.format(milliseconds: milliseconds)
        }
        messages.append(
            (
                post.create_at, line,
                ImportBatch.Message(
                    id: id, channel: channel, author: author,
                    at: Timestamp.format(milliseconds: post.create_at),
                    kind: kind == "me" ? .action : kind.hasPrefix("system_") ? .system : .text,
                    text: isDeleted ? "" : text, thread: thread, editedAt: time(post.edit_at),
                    deletedAt: time(post.delete_at),
                    reactions: reactions.isEmpty ? nil : reactions)
            ))
        return id
    }

    /// Channels of one name in several teams are several channels here too.
    private mutating func distinguishChannels() {
        let listed = Set(channels.map(\.id))
        for id in Set(messages.map(\.message.channel) + members.map(\.channel)).subtracting(listed).sorted() {
            let name = id.split(separator: "/").last.map(String.init) ?? id
            channels.append(ImportBatch.Channel(id: id, kind: .private, name: PeopleNames.handle(name)))
        }
        let counts = Dictionary(grouping: channels.compactMap(\.name), by: { $0.lowercased() }).mapValues(\.count)
        for index in channels.indices {
            guard let name = channels[index].name, counts[name.lowercased(), default: 0] > 1,
                let team = channels[index].id.split(separator: "/").first
            else { continue }
            channels[index].name = PeopleNames.handle("\(team)-\(name)")
        }
    }

    func forEachMessage(
        handles: [String: String], _ body: (ArchivedMessage) async throws -> Void
    ) async throws {
        for (_, line, message) in messages {
            try await body(ArchivedMessage(message: message, file: file, line: line))
        }
    }
}
