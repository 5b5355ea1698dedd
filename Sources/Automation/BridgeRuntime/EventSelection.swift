import BridgeKit
import ChatModel
import ChatStore
import PatternMatching
import Settings

/// Which events a bridge wants, as its file says under `on:` and `where:`.
struct EventSelection: Sendable {
    private static let kinds = User.Kind.allCases.map(\.rawValue)

    /// The keys below `where:`.
    static let spec = SettingsSpec {
        SettingKey(
            "channel", .list(.string), "Names of channels, with * and ?; any of them.",
            example: ["support", "customer-*"])
        SettingKey(
            "sender.bot", .boolean, "Whether a machine (a bot or a hook) has to have written it.", example: false)
        SettingKey("sender.kind", .list(.enumeration(kinds)), "Who has to have written it.", example: ["person"])
        SettingKey(
            "text",
            .section(
                SettingsSpec {
                    SettingKey(
                        "matches", .list(.string),
                        "Regular expressions without look-around, in any case; any of them.", example: ["refunds?"])
                    SettingKey("contains", .list(.string), "Words or parts of words, in any case; any of them.")
                }), "What the text has to hold.")
    }

    let types: Set<EventType>
    private let channels: [NamePattern]
    private let senderIsBot: Bool?
    private let senderKinds: Set<String>
    private let expressions: PatternSet?
    private let words: PatternSet?

    /// - Throws: ``BridgeSettingsError`` for expressions that cannot be used.
    init(types: [EventType], settings: Settings) throws {
        self.types = Set(types)
        channels = settings.strings("channel").map(NamePattern.init)
        // A key with a dot in it is not reached by a path.
        if case .boolean(let flag)? = settings.values["sender.bot"] { senderIsBot = flag } else { senderIsBot = nil }
        senderKinds = Set((settings.values["sender.kind"] ?? .null).items.compactMap(\.string))
        expressions = try Self.patterns(settings, "text.matches") { .regex($0) }
        words = try Self.patterns(settings, "text.contains") { .anywhere($0) }
    }

    private static func patterns(
        _ settings: Settings, _ path: String, _ make: (String) -> Pattern.Expression
    ) throws -> PatternSet? {
        let texts = settings.strings(path)
        guard !texts.isEmpty else { return nil }
        do throws(PatternError) {
            return try PatternSet(texts.enumerated().map { Pattern(id: $0, make($1)) })
        } catch {
            let place = error.index.map { "\(path)[\($0)]" } ?? path
            throw BridgeSettingsError([settings.problem(at: place, error.message)])
        }
    }

    /// The line of a file that keeps an event out.
    enum Line: String {
        case type = "on"
        case senderIsBot = "where.sender.bot"
        case senderKind = "where.sender.kind"
        case matches = "where.text.matches"
        case contains = "where.text.contains"
        case channel = "where.channel"
    }

    /// Whether an event is wanted.
    ///
    /// - Parameter channelName: Asked only when the selection names channels.
    func holds(_ event: BridgeEvent, channelName: () async throws -> String?) async throws -> Bool {
        try await obstacle(to: event, channelName: channelName) == nil
    }

    /// The first line that does not hold for an event; nil when it is wanted.
    func obstacle(to event: BridgeEvent, channelName: () async throws -> String?) async throws -> Line? {
        guard types.contains(event.type) else { return .type }
        // Read only when a line asks for it: most files look at neither sender nor text.
        var sender: String? {
            event.event.data["author"]?["kind"]?.string ?? event.event.data["user"]?["kind"]?.string
        }
        if let senderIsBot {
            guard let sender, (sender != User.Kind.person.rawValue) == senderIsBot else { return .senderIsBot }
        }
        if !senderKinds.isEmpty {
            guard let sender, senderKinds.contains(sender) else { return .senderKind }
        }
        var text: String? { event.event.data["text"]?.string }
        if let expressions { guard let text, expressions.firstMatch(in: text) != nil else { return .matches } }
        if let words { guard let text, words.firstMatch(in: text) != nil else { return .contains } }
        guard !channels.isEmpty else { return nil }
        guard let name = try await channelName(), channels.contains(where: { $0.matches(name) }) else {
            return .channel
        }
        return nil
    }
}
