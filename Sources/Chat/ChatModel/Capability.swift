/// What somebody may do: in a channel, or in the whole app.
///
/// On the wire a list of names. A server may know more of them than an older client, which leaves out what it does not
/// know.
public struct Capability: OptionSet, Sendable, Hashable {
    // They are stored: a new capability takes a new bit, and none is used again.
    /// The bits.
    public let rawValue: Int64

    /// Takes the bits; those without a name are kept and not told.
    public init(rawValue: Int64) { self.rawValue = rawValue }

    // MARK: In a channel

    /// Read it, and know that it is there.
    public static let read = Capability(rawValue: 1 << 0)
    /// Send messages that answer none, and tell that one types.
    public static let send = Capability(rawValue: 1 << 1)
    /// Answer in threads.
    public static let reply = Capability(rawValue: 1 << 2)
    /// Add and take back reactions.
    public static let react = Capability(rawValue: 1 << 3)
    /// Change one's own messages.
    public static let editOwn = Capability(rawValue: 1 << 4)
    /// Change others' messages.
    public static let editAny = Capability(rawValue: 1 << 5)
    /// Delete one's own messages.
    public static let deleteOwn = Capability(rawValue: 1 << 6)
    /// Delete others' messages.
    public static let deleteAny = Capability(rawValue: 1 << 7)
    /// Put back what a deleted message said.
    public static let moderate = Capability(rawValue: 1 << 8)
    /// Send without waiting for the channel's slow mode.
    public static let skipSlowMode = Capability(rawValue: 1 << 9)
    /// Become a member by oneself.
    public static let join = Capability(rawValue: 1 << 10)
    /// Stop being a member by oneself.
    public static let leave = Capability(rawValue: 1 << 11)
    /// Add others as plain members.
    public static let invite = Capability(rawValue: 1 << 12)
    /// Take out members of a lower role.
    public static let manageMembers = Capability(rawValue: 1 << 13)
    /// Give members of a lower role another one, and set overrides.
    public static let manageRoles = Capability(rawValue: 1 << 14)
    /// Change name, topic, history, slow mode and who posts; archive.
    public static let manageChannel = Capability(rawValue: 1 << 15)
    /// Make incoming webhooks, and answer for them.
    public static let manageHooks = Capability(rawValue: 1 << 16)
    /// Call all members, or all who are there, by `@channel` and its like.
    public static let mentionEveryone = Capability(rawValue: 1 << 17)

    // MARK: In the app

    /// Make channels.
    public static let createChannels = Capability(rawValue: 1 << 32)
    /// List the public channels.
    public static let findPublicChannels = Capability(rawValue: 1 << 33)
    /// Give and take the app's own roles that rank below one's highest.
    public static let assignRoles = Capability(rawValue: 1 << 34)
    /// Users, bots, hooks, bridges, roles, flags of moderation, the audit log.
    public static let administer = Capability(rawValue: 1 << 35)
    /// Everybody's events.
    public static let readEverything = Capability(rawValue: 1 << 36)
    /// Say something in another's name, at another time, or as the system.
    public static let speakForOthers = Capability(rawValue: 1 << 37)
    /// Send as fast as one can.
    public static let sendWithoutLimit = Capability(rawValue: 1 << 38)
    /// See everybody's mail addresses.
    public static let seeAddresses = Capability(rawValue: 1 << 39)

    /// The name and the meaning of each, in a fixed order.
    public static let all: [(name: String, capability: Capability, meaning: String)] = [
        ("read", .read, "read the channel, and know that it is there"),
        ("send", .send, "send messages that answer none, and tell that one types"),
        ("reply", .reply, "answer in threads"),
        ("react", .react, "add and take back reactions"),
        ("edit_own", .editOwn, "change one's own messages"),
        ("edit_any", .editAny, "change others' messages"),
        ("delete_own", .deleteOwn, "delete one's own messages"),
        ("delete_any", .deleteAny, "delete others' messages"),
        ("moderate", .moderate, "put back what a deleted message said"),
        ("skip_slow_mode", .skipSlowMode, "send without waiting for the channel's slow mode"),
        ("join", .join, "become a member by oneself"),
        ("leave", .leave, "stop being a member by oneself"),
        ("invite", .invite, "add others as plain members"),
        ("manage_members", .manageMembers, "take out members of a lower role"),
        ("manage_roles", .manageRoles, "give members of a lower role another one, set overrides"),
        (
            "manage_channel", .manageChannel,
            "change name, topic, history, slow mode and who posts; archive"
        ),
        ("manage_hooks", .manageHooks, "make incoming webhooks, and answer for them"),
        ("mention_everyone", .mentionEveryone, "call all members, or all who are there"),
        ("create_channels", .createChannels, "make channels"),
        ("find_public_channels", .findPublicChannels, "list the public channels"),
        ("assign_roles", .assignRoles, "give and take the app's own roles that rank below one's highest"),
        ("administer", .administer, "users, bots, hooks, bridges, roles, flags of moderation, the audit log"),
        ("read_everything", .readEverything, "everybody's events"),
        ("speak_for_others", .speakForOthers, "say something in another's name, at another time, or as the system"),
        ("send_without_limit", .sendWithoutLimit, "send as fast as one can"),
        ("see_addresses", .seeAddresses, "see everybody's mail addresses"),
    ]

    /// Those that overrides of a channel may give and take: what follows from membership and rank is not among them.
    public static let overridable: Capability = [
        .send, .reply, .react, .editOwn, .editAny, .deleteOwn, .deleteAny, .moderate, .skipSlowMode, .join, .invite,
        .manageChannel, .manageHooks, .mentionEveryone,
    ]

    /// Those that the app's own roles may give.
    public static let grantable: Capability = overridable.union([.createChannels, .assignRoles])

    /// The names of what is in the set, in a fixed order.
    public var names: [String] { Self.all.compactMap { contains($0.capability) ? $0.name : nil } }

    /// Reads names, and leaves out those that it does not know.
    public init(names: some Sequence<String>) {
        self = []
        for name in names { if let known = Self.byName[name] { formUnion(known) } }
    }

    fileprivate static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.capability) })
}

extension Capability: Codable {
    /// Reads a list of names, and leaves out those that it does not know.
    public init(from decoder: any Decoder) throws {
        self.init(names: try decoder.singleValueContainer().decode([String].self))
    }

    /// Writes a list of names.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for entry in Self.all where contains(entry.capability) { try container.encode(entry.name) }
    }
}

extension Capability {
    /// The name of one capability, for those who must not name what there is not.
    public struct Name: RawRepresentable, CaseIterable, Codable, Sendable, Hashable {
        /// As on the wire: `edit_own`.
        public let rawValue: String

        /// - Returns: nil when there is no such capability.
        public init?(rawValue: String) {
            guard Capability.byName[rawValue] != nil else { return nil }
            self.rawValue = rawValue
        }

        /// Every name, in a fixed order.
        public static let allCases: [Name] = Capability.all.compactMap { Name(rawValue: $0.name) }
    }

    /// The set of what is named.
    public init(_ names: [Name]) { self.init(names: names.lazy.map(\.rawValue)) }
}
