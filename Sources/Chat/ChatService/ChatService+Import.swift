package import ChatModel
import ChatStore
import Telemetry
import Text

/// Brings in what another server held.
extension ChatService {
    /// The bounds of one batch.
    package enum ImportLimits {
        package static let users = 500
        package static let channels = 100
        package static let members = 1000
        package static let messages = 500
        /// In a whole batch.
        package static let reactions = 10_000
        /// Bytes of an id of the source.
        package static let id = 768
        /// Bytes of the source's name.
        package static let source = 64
    }

    /// Brings in a batch: people, channels, messages, memberships, in this order; for administrators.
    ///
    /// What came before under the same id of the same source stays as it is. Messages are events like others; rules of
    /// moderation do not judge them, since they were said long ago.
    package func importBatch(_ batch: ImportBatch, by principal: Principal) async throws -> ImportOutcome {
        try principal.require(.administer)
        try Self.check(batch)
        let scope = ChatStore.ImportScope(
            app: principal.appID, source: batch.source, actor: principal.auditActor)
        var outcome = ImportOutcome()
        if let people = batch.users, !people.isEmpty {
            try await importPeople(people, batch.match ?? .nobody, scope, &outcome)
        }
        if let channels = batch.channels, !channels.isEmpty { try await importChannels(channels, scope, &outcome) }
        if let messages = batch.messages, !messages.isEmpty { try await importMessages(messages, scope, &outcome) }
        if let members = batch.members, !members.isEmpty { try await importMembers(members, scope, &outcome) }
        return outcome
    }

    // MARK: Checks

    private static func check(_ batch: ImportBatch) throws(ChatError) {
        guard (1...ImportLimits.source).contains(batch.source.utf8.count),
            batch.source.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw ChatError.invalid(
                "/source", "A source has a name of 1 to \(ImportLimits.source) letters, digits and signs of ASCII.")
        }
        let parts = [
            ("users", batch.users?.map(\.id), ImportLimits.users),
            ("channels", batch.channels?.map(\.id), ImportLimits.channels),
            ("messages", batch.messages?.map(\.id), ImportLimits.messages),
        ]
        for (name, ids, limit) in parts {
            guard let ids else { continue }
            guard ids.count <= limit else {
                throw ChatError.invalid("/\(name)", "At most \(limit) \(name) fit in one request.")
            }
            var seen: Set<String> = []
            for (index, id) in ids.enumerated() {
                try check(id: id, "/\(name)/\(index)/id")
                guard seen.insert(id).inserted else {
                    throw ChatError.invalid("/\(name)/\(index)/id", "This id stands in the request twice.")
                }
            }
        }
        guard (batch.members?.count ?? 0) <= ImportLimits.members else {
            throw ChatError.invalid("/members", "At most \(ImportLimits.members) members fit in one request.")
        }
        let reactions = batch.messages?.reduce(0) { $0 + ($1.reactions?.reduce(0) { $0 + $1.users.count } ?? 0) } ?? 0
        guard reactions <= ImportLimits.reactions else {
            throw ChatError.invalid("/messages", "At most \(ImportLimits.reactions) reactions fit in one request.")
        }
    }

    private static func check(id: String, _ pointer: String) throws(ChatError) {
        guard (1...ImportLimits.id).contains(id.utf8.count), !id.utf8.contains(0) else {
            throw ChatError.invalid(pointer, "An id of the source has 1 to \(ImportLimits.id) bytes.")
        }
    }

    private static func milliseconds(_ time: String?, _ pointer: String) throws(ChatError) -> Int64? {
        guard let time else { return nil }
        guard let milliseconds = Timestamp.parse(time) else {
            throw ChatError.invalid(pointer, "A time has the form 2026-01-31T09:05:07.120Z.")
        }
        return milliseconds
    }

    private static func found(_ id: String, in ids: [String: Int64], _ pointer: String) throws(ChatError) -> Int64 {
        guard let found = ids[id] else {
            throw ChatError.invalid(pointer, "Nothing was imported with this id; send what it names before.")
        }
        return found
    }

    // MARK: People

    private func importPeople(
        _ people: [ImportBatch.Person], _ match: ImportBatch.Match, _ scope: ChatStore.ImportScope,
        _ outcome: inout ImportOutcome
    ) async throws {
        var checked: [(sourceID: String, new: NewUser, isActive: Bool)] = []
        for (index, person) in people.enumerated() {
            let handle: String
            do {
                handle = try NameRule.handle.normalized(person.handle)
            } catch {
                throw ChatError.invalid("/users/\(index)/handle", error.description)
            }
            guard person.kind != .hook else {
                throw ChatError.invalid("/users/\(index)/kind", "People and bots are imported, hooks are not.")
            }
            let name = try Self.check(name: person.name, "/users/\(index)/name") ?? handle
            // An address that none can be is no reason to lose the person.
            let email = person.email.flatMap { (try? Self.check(email: $0)) == nil ? nil : $0 }
            checked.append(
                (
                    person.id,
                    NewUser(
                        kind: person.kind ?? .person, handle: handle, name: name, email: email,
                        role: person.isGuest == true ? .guest : .member),
                    person.isActive ?? true
                ))
        }
        let before = try await store.imported(.user, people.map(\.id), scope)
        outcome.users.existing = before.count
        var missing = checked.filter { before[$0.sourceID] == nil }
        if match != .nobody, !missing.isEmpty {
            let accounts = try await store.accounts(
                handles: missing.map(\.new.handle), emails: missing.compactMap(\.new.email), in: scope.app)
            let same = missing.compactMap { person -> (sourceID: String, user: UserID)? in
                let user =
                    match == .handle
                    ? accounts.handles[person.new.handle.lowercased()]
                    : person.new.email.flatMap { accounts.emails[$0.lowercased()] }
                return user.map { (person.sourceID, $0) }
            }
            try await store.importKnown(same, scope)
            outcome.users.existing += same.count
            let matched = Set(same.map(\.sourceID))
            missing.removeAll { matched.contains($0.sourceID) }
        }
        // Somebody else may take a handle between the look and the write: then there is another turn.
        var turn = 0
        while !missing.isEmpty {
            guard turn < 10 else { throw ChatError.changedMeanwhile }
            // So many numbers are tried for each handle as have it, and some for those that have it here already.
            var sharing: [String: Int] = [:]
            for person in missing { sharing[person.new.handle, default: 8 * (turn + 1)] += 1 }
            let candidates = sharing.mapValues { count in 0..<count }
            let accounts = try await store.accounts(
                handles: candidates.flatMap { handle, numbers in numbers.map { Self.handle(handle, $0) } },
                emails: missing.compactMap(\.new.email), in: scope.app)
            var taken = Set(accounts.handles.keys)
            var addresses = Set(accounts.emails.keys)
            let named = missing.compactMap { person -> (sourceID: String, new: NewUser, isActive: Bool)? in
                var person = person
                let free = candidates[person.new.handle]?.lazy.map { Self.handle(person.new.handle, $0) }
                    .first { !taken.contains($0.lowercased()) && !ReservedHandles.contain($0) }
                guard let free else { return nil }
                person.new.handle = free
                taken.insert(free.lowercased())
                if let email = person.new.email, !addresses.insert(email.lowercased()).inserted {
                    person.new.email = nil
                }
                return person
            }
            outcome.users.created += try await store.importPeople(named, scope)
            let known = try await store.imported(.user, missing.map(\.sourceID), scope)
            missing.removeAll { known[$0.sourceID] != nil }
            turn += 1
        }
        if outcome.users.created > 0 {
            try await store.fillSkeletons()
            handles.forgetAll()
        }
        let ids = try await store.imported(.user, people.map(\.id), scope)
        let handles = try await store.handles(of: ids.values.map { UserID($0) }, in: scope.app)
        outcome.handles = people.compactMap { person in
            guard let id = ids[person.id], let handle = handles[UserID(id)] else { return nil }
            return ImportOutcome.Named(id: person.id, handle: handle)
        }
    }

    /// A handle with a number, cut so that it stays one.
    private static func handle(_ handle: String, _ number: Int) -> String {
        guard number > 0 else { return handle }
        let suffix = "_\(number + 1)"
        let scalars = handle.unicodeScalars.prefix(ChatLimits.handle - suffix.unicodeScalars.count)
        return String(String.UnicodeScalarView(scalars)) + suffix
    }

    // MARK: Channels

    private func importChannels(
        _ channels: [ImportBatch.Channel], _ scope: ChatStore.ImportScope, _ outcome: inout ImportOutcome
    ) async throws {
        let pairs = Set(channels.flatMap { $0.between ?? [] })
        let people = try await store.imported(.user, Array(pairs), scope)
        for (index, channel) in channels.enumerated() {
            let pointer = "/channels/\(index)"
            var new = ChatStore.ImportedChannel(
                sourceID: channel.id, kind: channel.kind, name: "", topic: "",
                isArchived: channel.isArchived ?? false,
                createdAt: try Self.milliseconds(channel.createdAt, "\(pointer)/created_at")
                    ?? Timestamp.nowMilliseconds(), directKey: nil)
            if let topic = channel.topic {
                try Self.check(topic: topic, "\(pointer)/topic")
                new.topic = topic
            }
            switch channel.kind {
            case .public, .private:
                guard let name = channel.name else {
                    throw ChatError.invalid("\(pointer)/name", "A \(channel.kind.rawValue) channel needs a name.")
                }
                new.name = try Self.check(channelName: name, "\(pointer)/name")
            case .group: break
            case .direct:
                guard let pair = channel.between, (1...2).contains(pair.count) else {
                    throw ChatError.invalid("\(pointer)/between", "A direct channel is between two people.")
                }
                let ids = try pair.enumerated().map { place, id in
                    UserID(try Self.found(id, in: people, "\(pointer)/between/\(place)"))
                }
                new.directKey = [ids[0], ids[ids.count - 1]].sorted().map(\.description).joined(separator: ":")
                new.isArchived = false
            }
            let name = new.name
            var turn = 0
            trying: while true {
                switch try await store.importChannel(new, scope) {
                case .created:
                    outcome.channels.created += 1
                    break trying
                case .existing:
                    outcome.channels.existing += 1
                    break trying
                case .nameTaken:
                    turn += 1
                    guard turn < 100, !name.isEmpty else { throw ChatError.changedMeanwhile }
                    let suffix = "-\(turn + 1)"
                    new.name =
                        String(
                            String.UnicodeScalarView(
                                name.unicodeScalars.prefix(ChatLimits.channelName - suffix.count))) + suffix
                }
            }
        }
        if outcome.channels.created > 0 { try await store.fillSkeletons() }
    }

    private func importMembers(
        _ members: [ImportBatch.Member], _ scope: ChatStore.ImportScope, _ outcome: inout ImportOutcome
    ) async throws {
        let channels = try await store.imported(.channel, Array(Set(members.map(\.channel))), scope)
        let people = try await store.imported(.user, Array(Set(members.map(\.user))), scope)
        var seen: Set<String> = []
        var rows: [ChatStore.ImportedMember] = []
        for (index, member) in members.enumerated() {
            let channel = try Self.found(member.channel, in: channels, "/members/\(index)/channel")
            let user = try Self.found(member.user, in: people, "/members/\(index)/user")
            let id = "\(member.channel)\u{1F}\(member.user)"
            guard seen.insert(id).inserted else { continue }
            rows.append(
                ChatStore.ImportedMember(
                    sourceID: id, channel: ChannelID(channel), user: UserID(user), role: member.role ?? .member))
        }
        do {
            outcome.members.created = try await store.importMembers(rows, scope)
        } catch StoreError.tooManyChannels(let text) {
            throw ChatError.tooManyChannels(text)
        }
        outcome.members.existing = rows.count - outcome.members.created
        access.forgetAll()
    }

    // MARK: Messages

    private func importMessages(
        _ messages: [ImportBatch.Message], _ scope: ChatStore.ImportScope, _ outcome: inout ImportOutcome
    ) async throws {
        let channels = try await store.imported(.channel, Array(Set(messages.map(\.channel))), scope)
        var authors = Set(messages.map(\.author))
        for message in messages { for reaction in message.reactions ?? [] { authors.formUnion(reaction.users) } }
        let people = try await store.imported(.user, Array(authors), scope)
        let answers = Set(messages.filter { $0.thread != nil }.map(\.id))
        var rows: [ChatStore.ImportedMessage] = []
        var reactions: [(message: String, user: UserID, emoji: String)] = []
        for (index, message) in messages.enumerated() {
            let pointer = "/messages/\(index)"
            let isDeleted = message.deletedAt != nil
            try Self.check(
                text: message.text, isEmptyAllowed: isDeleted || message.content != nil, "\(pointer)/text")
            if let thread = message.thread, answers.contains(thread) {
                throw ChatError.invalid("\(pointer)/thread", "A thread begins with a message that answers none.")
            }
            guard let at = try Self.milliseconds(message.at, "\(pointer)/at") else { continue }
            rows.append(
                ChatStore.ImportedMessage(
                    sourceID: message.id,
                    channel: ChannelID(try Self.found(message.channel, in: channels, "\(pointer)/channel")),
                    author: UserID(try Self.found(message.author, in: people, "\(pointer)/author")),
                    kind: message.kind ?? .text, text: isDeleted ? "" : message.text,
                    content: isDeleted ? nil : try message.content.map { try Self.encodeContent($0) },
                    thread: message.thread, createdAt: at,
                    editedAt: try Self.milliseconds(message.editedAt, "\(pointer)/edited_at"),
                    deletedAt: try Self.milliseconds(message.deletedAt, "\(pointer)/deleted_at")))
            var kinds: Set<String> = []
            for (place, reaction) in (message.reactions ?? []).enumerated() {
                guard let emoji = Emoji.canonical(reaction.emoji),
                    kinds.contains(emoji) || kinds.count < ChatLimits.reactionKinds
                else {
                    outcome.reactionsLeftOut += reaction.users.count
                    continue
                }
                kinds.insert(emoji)
                for (number, user) in reaction.users.enumerated() {
                    let id = try Self.found(user, in: people, "\(pointer)/reactions/\(place)/users/\(number)")
                    reactions.append((message.id, UserID(id), emoji))
                }
            }
        }
        let result = try await store.importMessages(rows, reactions: reactions, scope)
        outcome.messages = ImportOutcome.Count(created: result.created, existing: result.existing)
        outcome.reactions = result.reactions
        outcome.threadsMissing = result.threadsMissing
    }
}
