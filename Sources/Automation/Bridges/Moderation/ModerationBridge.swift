package import BridgeKit
import ChatModel
import Moderation
import PatternMatching
package import Settings

/// Judges every message by rules before it is stored.
package struct ModerationBridge: Bridge {
    package static let kind = "moderation"
    package static let summary = "Judges messages by rules before they are stored."
    package static let settings = SettingsSpec {
        SettingKey(
            "rules", .list(.section(ModerationRule.spec)), "The rules; where they disagree, the severest wins.",
            required: true)
        SettingKey("deadline", .duration, "How long one message may take, its attachments included.", default: "200ms")
        SettingKey(
            "on_error", .enumeration(["allow", "block"]), "What happens to a text that could not be judged in time.",
            default: "allow")
    }
    package static let traits = BridgeTraits(events: [], role: .filter)

    private let filter: RuleFilter
    private let chat: any BridgeChat

    package static func problems(in settings: Settings) -> [SettingsProblem] { ModerationRule.read(settings).problems }

    /// Compiles the rules, which takes up to seconds for many thousands of words; the next start finds them compiled.
    package init(settings: Settings, context: BridgeContext) throws {
        let (rules, problems) = ModerationRule.read(settings)
        guard problems.isEmpty else { throw BridgeSettingsError(problems) }
        let engine: ModerationEngine
        do {
            engine = try ModerationEngine(
                rules: rules, cache: context.isTest ? nil : PatternCache(folder: "\(context.folder)/patterns"))
        } catch {
            // Each rule may be good and all of them too much together.
            let index = rules.firstIndex { $0.id == error.rule }
            let place = index.map { "rules[\($0)]\(error.field.isEmpty ? "" : ".\(error.field)")" } ?? "rules"
            throw BridgeSettingsError([settings.problem(at: place, error.message)])
        }
        filter = RuleFilter(
            engine: engine,
            deadline: settings.duration("deadline"),
            allowsWhenFailing: settings.string("on_error") == "allow")
        chat = context.chat
    }

    package func start() async throws { chat.register(filter) }
}

/// The rule engine as a filter of messages.
struct RuleFilter: BridgeFilter {
    let engine: ModerationEngine
    let deadline: Duration
    let allowsWhenFailing: Bool
    /// Scans take time in proportion to the bytes: these are done sooner than a task for them has begun.
    let quickBytes = 1024

    func judge(_ draft: BridgeDraft) async throws -> BridgeVerdict {
        let verdict = engine.judge(
            ModerationInput(
                text: draft.text, channelName: draft.channelName, authorKind: Self.authorKind(draft.author)))
        var rules: [String] = []
        for rule in verdict.matches.map(\.rule) + verdict.flaggedBy where !rules.contains(rule) { rules.append(rule) }
        switch verdict.action {
        case .allow: return .allow(flags: verdict.flaggedBy)
        case .mask(let text): return .mask(text: text, flags: rules)
        case .block: return .block(reason: verdict.reason, rules: rules)
        case .hold:
            // There is no place yet where a held message waits; refusing it is the safe half of holding it.
            let reason = verdict.reason.isEmpty ? "A moderator has to agree to this message." : verdict.reason
            return .block(reason: reason, rules: rules)
        }
    }

    private static func authorKind(_ author: Author) -> AuthorKind {
        switch author.kind {
        case .person: .user
        case .hook: .hook
        // What bridges bring in comes from people outside.
        case .bot: author.handle.hasPrefix("bridge-") ? .email : .bot
        }
    }
}
