package import BridgeKit
import ChatModel
import Moderation
import PatternMatching
package import Settings
import Text

/// Judges every message by rules before it is stored.
package struct ModerationBridge: Bridge {
    package static let kind = "moderation"
    package static let summary = "Judges messages by rules before they are stored."
    package static let settings = SettingsSpec {
        SettingKey(
            "rules", .list(.section(ModerationRule.spec)), "The rules; where they disagree, the severest wins.",
            required: true)
        SettingKey(
            "deadline", .duration,
            "Not needed any more: what a text costs follows from its size. Kept for older files.",
            default: "200ms")
        SettingKey(
            "on_error", .enumeration(["allow", "block"]),
            "What happens to a text that cannot be judged to its end; allowed, it is marked `unjudged`.",
            default: "allow")
    }
    package static let fileKeys = ["words_file"]
    package static let traits = {
        var traits = BridgeTraits(events: [], role: .filter)
        traits.isCheckedWhenMade = true
        return traits
    }()

    private let filter: RuleFilter
    private let chat: any BridgeChat

    package static func problems(in settings: Settings) -> [SettingsProblem] { ModerationRule.read(settings).problems }

    /// Compiles the rules, which takes up to seconds for many thousands of words; the next start finds them compiled.
    package init(settings: Settings, context: BridgeContext) throws {
        let (rules, problems) = ModerationRule.read(settings, isCompiledNext: true)
        guard problems.isEmpty else { throw BridgeSettingsError(Self.problems(in: settings)) }
        let engine: ModerationEngine
        do {
            engine = try ModerationEngine(
                rules: rules, cache: context.isTest ? nil : PatternCache(folder: "\(context.folder)/patterns"))
        } catch {
            // All that is wrong is told at once.
            let problems = Self.problems(in: settings)
            guard problems.isEmpty else { throw BridgeSettingsError(problems) }
            // Each rule may be good and all of them too much together.
            let index = rules.firstIndex { $0.id == error.rule }
            let place = index.map { "rules[\($0)]\(error.field.isEmpty ? "" : ".\(error.field)")" } ?? "rules"
            throw BridgeSettingsError([settings.problem(at: place, error.message)])
        }
        filter = RuleFilter(
            engine: engine, allowsWhenFailing: settings.string("on_error") == "allow")
        chat = context.chat
    }

    package func start() async throws { chat.register(filter) }
}

/// The rule engine as a filter of messages.
struct RuleFilter: BridgeFilter {
    let engine: ModerationEngine
    let allowsWhenFailing: Bool
    let isBounded = true
    let deadline = Duration.seconds(1)

    func judge(_ draft: BridgeDraft) async throws -> BridgeVerdict {
        let verdict = engine.judge(
            ModerationInput(
                text: draft.text, channelName: draft.channelName, authorKind: Self.authorKind(draft)))
        var rules: [String] = []
        for rule in verdict.matches.map(\.rule) where rules.last != rule && !verdict.flaggedBy.contains(rule) {
            if !rules.contains(rule) { rules.append(rule) }
        }
        var flags = verdict.flaggedBy
        if !verdict.isComplete {
            guard allowsWhenFailing else {
                return .block(reason: "This message could not be checked; try a shorter one.", rules: ["unjudged"])
            }
            flags.append("unjudged")
        }
        switch verdict.action {
        case .allow: return .allow(flags: flags)
        case .mask(let edits):
            return .mask(
                edits: edits.map { BridgeEdit(range: $0.range, text: $0.text) }, rules: rules, flags: flags)
        case .block: return .block(reason: verdict.reason, rules: rules)
        case .hold:
            // There is no place yet where a held message waits; refusing it is the safe half of holding it.
            let reason = verdict.reason.isEmpty ? "A moderator has to agree to this message." : verdict.reason
            return .block(reason: reason, rules: rules)
        }
    }

    private static func authorKind(_ draft: BridgeDraft) -> AuthorKind {
        switch draft.author.kind {
        case .person: .user
        case .hook: .hook
        // What a bridge brings in under another's name comes from people outside.
        case .bot: draft.author.handle.hasPrefix("bridge-") && draft.authorName != nil ? .email : .bot
        }
    }
}
