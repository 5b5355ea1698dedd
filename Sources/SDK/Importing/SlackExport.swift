import ChatModel
import Compression
import Foundation
import SlackText
import Telemetry

/// Slack's export: a zip of `users.json`, `channels.json` and their like, and a folder of days for each channel.
struct SlackExport: Archive {
    static let defaultSource = "slack"
    /// Bytes of one file, and of all that are read.
    private static let maximumFile = 256 << 20
    private static let maximumTotal = 16 << 30

    let path: String
    private(set) var people: [ImportBatch.Person] = []
    private(set) var channels: [ImportBatch.Channel] = []
    private(set) var members: [ImportBatch.Member] = []
    private(set) var messageCount = 0
    private(set) var leftOut: [String: Int] = [:]

    private let archive: ZipArchive
    private let prefix: String
    /// The days of the channels, in order.
    private var days: [(channel: String, entry: ZipArchive.Entry)] = []
    private var channelNames: [String: String] = [:]

    init(path: String) throws(ImportError) {
        self.path = path
        do {
            archive = try ZipArchive(try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe))
        } catch let error as ZipError {
            throw ImportError(.usage, "\(path) cannot be read: \(error.description)")
        } catch {
            throw ImportError(.usage, "\(path) cannot be read: \(error.localizedDescription)")
        }
        // Some pack the folder again, and have it before all names.
        let lists = archive.entries.filter { $0.name == "users.json" || $0.name.hasSuffix("/users.json") }
        guard let list = lists.min(by: { $0.name.utf8.count < $1.name.utf8.count }) else {
            throw ImportError(
                .usage, "\(path) is no export of Slack: it has no users.json. Known are zips as Slack makes them.")
        }
        prefix = String(list.name.dropLast("users.json".count))
        let total = archive.entries.reduce(0) { $0.addingReportingOverflow($1.size).partialValue }
        guard archive.entries.allSatisfy({ $0.size <= Self.maximumTotal }), total <= Self.maximumTotal else {
            throw ImportError(.usage, "\(path) would have more than \(Self.maximumTotal >> 30) GiB when it is read.")
        }
        for user in try items(SlackUser.self, "users.json") { people.append(user.person) }
        try readChannels()
        try survey()
    }

    // MARK: Lists

    private func items<Item: Decodable>(_ type: Item.Type, _ name: String) throws(ImportError) -> [Item] {
        guard let entry = archive.entries.first(where: { $0.name == prefix + name }) else { return [] }
        return try decode([Item].self, entry)
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ entry: ZipArchive.Entry) throws(ImportError) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(try archive.read(entry, limit: Self.maximumFile)))
        } catch let error as ZipError {
            throw ImportError(.usage, "\(path): \(error.description)")
        } catch {
            throw ImportError(.usage, "\(path): \(entry.name): \(ArchiveText.fault(error)).")
        }
    }

    private mutating func readChannels() throws(ImportError) {
        var folders: [String: String] = [:]
        for (file, kind) in [
            ("channels.json", Channel.Kind.public), ("groups.json", .private), ("mpims.json", .group),
            ("dms.json", .direct),
        ] {
            for item in try items(SlackChannel.self, file) {
                let pair = item.members ?? []
                if kind == .direct, !(1...2).contains(Set(pair).count) {
                    leftOut["direct channels without two people", default: 0] += 1
                    continue
                }
                folders[item.name ?? item.id] = item.id
                folders[item.id] = folders[item.id] ?? item.id
                let name = PeopleNames.handle(item.name ?? item.id)
                channelNames[item.id] = item.name ?? item.id
                channels.append(
                    ImportBatch.Channel(
                        id: item.id, kind: kind, name: kind == .public || kind == .private ? name : nil,
                        topic: ArchiveText.topic(item.topic ?? item.purpose ?? ""),
                        isArchived: item.isArchived,
                        createdAt: item.created.map { Timestamp.format(milliseconds: $0 * 1000) },
                        between: kind == .direct ? Array(Set(pair)).sorted() : nil))
                for user in pair {
                    members.append(
                        ImportBatch.Member(
                            channel: item.id, user: user,
                            role: user == item.creator && kind != .direct ? .owner : nil))
                }
            }
        }
        for entry in archive.entries.sorted(by: { $0.name < $1.name })
        where entry.name.hasPrefix(prefix) && entry.name.hasSuffix(".json") {
            let parts = entry.name.dropFirst(prefix.count).split(separator: "/")
            guard parts.count == 2, IRCLine.days(String(parts[1].dropLast(5))) != nil else { continue }
            guard let channel = folders[String(parts[0])] else {
                leftOut["files of channels that no list names", default: 0] += 1
                continue
            }
            days.append((channel, entry))
        }
    }

    /// Reads all once: what there is, who wrote it that no list names, and whether it can be read.
    private mutating func survey() throws(ImportError) {
        var known = Set(people.map(\.id))
        func add(_ id: String, _ name: String?, _ kind: User.Kind, _ people: inout [ImportBatch.Person]) {
            guard known.insert(id).inserted else { return }
            let name = name ?? (id == "USLACKBOT" ? "slackbot" : id.lowercased())
            people.append(
                ImportBatch.Person(
                    id: id, handle: PeopleNames.handle(name), name: SlackUser.shown([name]), kind: kind))
        }
        for (_, entry) in days {
            for item in try decode([SlackMessage].self, entry) {
                if let reason = item.reasonToLeaveOut {
                    leftOut[reason, default: 0] += 1
                    continue
                }
                messageCount += 1
                add(item.author, item.authorName, item.isBot ? .bot : .person, &people)
                for reaction in item.reactions ?? [] {
                    for user in reaction.users ?? [] { add(user, nil, .person, &people) }
                }
            }
        }
        for member in members { add(member.user, nil, .person, &people) }
    }

    // MARK: Messages

    func forEachMessage(
        handles: [String: String], _ body: (ArchivedMessage) async throws -> Void
    ) async throws {
        let markup = SlackMarkup.archived(handles: handles, channels: channelNames)
        for (channel, entry) in days {
            let items = try decode([SlackMessage].self, entry).enumerated().filter {
                $0.element.reasonToLeaveOut == nil
            }
            for (index, item) in items.sorted(by: { $0.element.ts < $1.element.ts }) {
                try await body(
                    ArchivedMessage(
                        message: item.message(in: channel, markup), file: "\(path): \(entry.name)", line: index + 1))
            }
        }
    }
}
