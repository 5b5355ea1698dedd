package import BridgeKit
import ChatModel
import EventLoop
import HTTPClient
package import Settings

/// Takes each event through steps of YAML: post, react, call, mail, wait, with templates and conditions.
///
/// A step that is done is remembered until the run has ended, so that a later try goes on behind it.
package struct WorkflowBridge: Bridge {
    package static let kind = "workflow"
    package static let summary = "Takes events through steps: match, post, react, call, mail, wait and more."
    package static let settings = SettingsSpec {
        SettingKey(
            "steps", .any, "What is done, one step after another; the page on workflows has all of them.",
            example: [["reply": "Hello, {{ message.author.name }}!"]], required: true)
        SettingKey(
            "vars", .map(.any), "Constants, for templates: `vars.name`.", default: [:], example: ["team": "support"])
        SettingKey(
            "allow", .list(.string), "Blocks of addresses beyond the public internet that calls may reach.",
            default: [], example: ["10.1.0.0/16"],
            validation: { value in
                value.items.compactMap(\.string).first { CIDR($0) == nil }
                    .map { "expected a block of addresses such as 10.0.0.0/8, got \"\($0)\"" }
            })
        SettingKey(
            "smtp", .section(MailRelay.spec(sender: "The sender of all mail.", isSenderRequired: true)),
            "The relay that mail leaves through; needed by `mail`.")
    }
    package static var reference: String { WorkflowReference.text }
    package static let traits = BridgeTraits(writesBack: true)

    private let context: BridgeContext
    private let steps: [Step]
    private let vars: [String: JSONValue]
    private let usesChannel: Bool
    private let writes: Bool
    private let effects: LiveEffects
    private let http: any BridgeHTTPClient

    package static func problems(in settings: Settings) -> [SettingsProblem] {
        StepReader.read(settings).problems
            + (settings.optionalSection("smtp").map { MailRelay.problems(in: $0) } ?? [])
    }

    package init(settings: Settings, context: BridgeContext) throws {
        let (steps, problems, usesChannel) = StepReader.read(settings)
        guard problems.isEmpty else { throw BridgeSettingsError(problems) }
        self.context = context
        self.steps = steps
        self.usesChannel = usesChannel
        writes = steps.contains(where: \.writes)
        vars = Dictionary(
            settings.value("vars").entries.map { ($0.key, JSONValue($0.value)) }, uniquingKeysWith: { $1 })
        var configuration = HTTPClientConfiguration()
        configuration.addressPolicy = .allowing(settings.strings("allow").compactMap { CIDR($0) })
        http = context.targets.http(configuration)
        effects = LiveEffects(
            context: context, caller: HTTPCaller(client: http, now: context.now),
            mailer: settings.optionalSection("smtp").map { WorkflowMailer($0, context) })
    }

    package func handle(_ event: BridgeEvent) async throws {
        // What the bridge itself has caused is none of its business, also right after a restart.
        if writes, let actor = event.event.actorID, actor == (try await context.chat.bot(in: event.app)) { return }
        var run = try WorkflowRun(
            event, bridge: context.name, vars: vars, store: context.store, effects: effects, now: context.now)
        try await run.run(steps, usesChannel: usesChannel)
    }

    package func stop() async {
        http.close()
        effects.mailer?.close()
    }
}
