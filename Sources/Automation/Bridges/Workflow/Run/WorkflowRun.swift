import BridgeKit
import ChatModel
import Crypto
import Settings
import Telemetry

/// Takes one event through the steps of a file.
///
/// It begins at the first step at each try; steps that were done are not done again, but have the answers that they had.
/// Everything that it does outside goes through ``WorkflowEffects`` under a name that is the same at each try.
struct WorkflowRun {
    static let mostSteps = 1000
    static let mostItems = 100
    static let mostRecipients = 50
    static let longestKey = 256
    static let longestValue = 16 << 10
    private static let longestWaits: Int64 = 90 * 86_400_000
    private static let longestToken = 128

    private enum Flow { case onward, end }

    private let identity: RunIdentity
    private let effects: any WorkflowEffects
    private let now: @Sendable () -> Int64
    private var memory: RunMemory
    private var scope = TemplateScope()
    private var count = 0
    /// How long the waits of this run are together, in milliseconds.
    private var waited: Int64 = 0

    /// - Parameter vars: The constants of the file.
    init(
        _ event: BridgeEvent, bridge: String, vars: [String: JSONValue], store: any BridgeStore,
        effects: any WorkflowEffects, now: @escaping @Sendable () -> Int64
    ) throws {
        identity = RunIdentity(
            bridge: bridge, app: event.app, cursor: event.event.cursor, hops: event.event.hops)
        self.effects = effects
        self.now = now
        memory = RunMemory(store: store, cursor: event.event.cursor, now: now)
        scope.event = JSONValue(json: event.json) ?? .null
        scope.message = Self.message(of: event.event)
        scope.vars = vars
    }

    /// What `message` means: the message of a message event, and of a reaction where it stands.
    private static func message(of event: Event) -> JSONValue {
        if event.type.description.hasPrefix("message.") { return event.data }
        guard let id = event.data["message_id"] else { return .null }
        var fields: [String: JSONValue] = ["id": id]
        fields["seq"] = event.data["seq"]
        fields["channel_id"] = event.channelID.map { .integer($0.rawValue) }
        return .object(fields)
    }

    /// Runs to the end.
    ///
    /// - Parameter usesChannel: Whether a template names the event's channel.
    /// - Throws: ``BridgeError``, with the place in the file.
    mutating func run(_ steps: [Step], usesChannel: Bool) async throws {
        do {
            if usesChannel, let id = scope.event["channel_id"]?.integer {
                scope.channel = try await effects.channel(ChannelID(id), of: identity)
            }
            _ = try await run(steps, round: "")
            try await memory.end()
        } catch is RunHasEnded {}
    }

    private mutating func run(_ steps: [Step], round: String) async throws -> Flow {
        for step in steps {
            count += 1
            do {
                guard count <= Self.mostSteps else {
                    throw BridgeError.giveUp(reason: "this run has more than \(Self.mostSteps) steps")
                }
                if let id = step.id { scope.steps[id] = .null }
                if let condition = step.condition, try !condition.holds(in: scope) { continue }
                if try await perform(step, key: step.key + round) == .end { return .end }
            } catch let error as TemplateError {
                throw BridgeError.giveUp(reason: "\(step.place): \(error)")
            } catch let error as StepFailure {
                throw error.at(step.place)
            }
        }
        return .onward
    }

    private mutating func perform(_ step: Step, key: String) async throws -> Flow {
        switch step.action {
        case .match(let condition): return try condition.holds(in: scope) ? .onward : .end
        case .stop: return .end
        case .deadLetter(let reason): throw BridgeError.giveUp(reason: try reason.text(in: scope))
        case .branch(let condition, let then, let otherwise):
            return try await run(try condition.holds(in: scope) ? then : otherwise, round: round(of: key, step))
        case .each(let list, let body): return try await loop(list, body, key: key, step)
        case .wait(let wait): try await pause(wait, step, key: key)
        default: try await act(step, key: key)
        }
        return .onward
    }

    /// What the keys of the steps inside end with.
    private func round(of key: String, _ step: Step) -> String { String(key.dropFirst(step.key.count)) }

    private mutating func loop(
        _ list: TemplateTree, _ body: [Step], key: String, _ step: Step
    ) async throws -> Flow {
        let items: [JSONValue]
        switch try list.value(in: scope) {
        case .array(let values): items = values
        case .null: items = []
        default: throw StepFailure(.giveUp(reason: "`for_each` needs a list, and this is none"))
        }
        guard items.count <= Self.mostItems else {
            throw StepFailure(
                .giveUp(reason: "the list has \(items.count) items; at most \(Self.mostItems) are taken (see `take`)"))
        }
        let outer = (scope.item, scope.index)
        defer { (scope.item, scope.index) = outer }
        let ids = Step.ids(in: body)
        for (index, item) in items.enumerated() {
            (scope.item, scope.index) = (item, .integer(Int64(index)))
            for id in ids { scope.steps[id] = .null }
            if try await run(body, round: "\(round(of: key, step))@\(index)") == .end { return .end }
        }
        return .onward
    }

    private mutating func pause(_ wait: WaitStep, _ step: Step, key: String) async throws {
        let until: Int64
        if let kept = try await memory.answer(of: key, isRepeatable: true), let time = kept["until"]?.integer {
            until = time
            waited += kept["for"]?.integer ?? 0
        } else {
            let length = try length(of: wait)
            until = now() + length
            waited += length
            guard waited <= Self.longestWaits else {
                throw StepFailure(.giveUp(reason: "the waits of this run are longer than 90 days together"))
            }
            try await memory.keep(
                ["until": .integer(until), "for": .integer(length)], of: key, isKept: false, isRepeatable: true)
        }
        guard until <= now() else { throw BridgeError.later(at: until) }
        if let id = step.id {
            scope.steps[id] = ["until": .string(Timestamp.format(milliseconds: until))]
        }
    }

    /// In milliseconds.
    private func length(of wait: WaitStep) throws -> Int64 {
        let duration: Duration
        switch wait {
        case .duration(let fixed): duration = fixed
        case .text(let template):
            let text = try template.text(in: scope)
            guard let parsed = SettingValue.string(text).duration else {
                throw StepFailure(.giveUp(reason: "expected a duration such as 10m, got \"\(text.prefix(40))\""))
            }
            duration = parsed
        case .until(let template):
            let value = try template.value(in: scope)
            guard let time = DateFormat.milliseconds(of: value) else {
                throw StepFailure(.giveUp(reason: "expected a time such as 2026-01-31T09:00:00Z to wait for"))
            }
            duration = .milliseconds(max(0, time - now()))
        }
        guard duration <= StepReader.longestWait else {
            throw StepFailure(.giveUp(reason: "a wait has at most 30 days"))
        }
        return Int64(duration / .milliseconds(1))
    }

    // MARK: Effects

    private mutating func act(_ step: Step, key: String) async throws {
        guard let effect = try step.action.effect(in: scope, now: now) else { return }
        let name = EffectName(token: token(key), mark: memory.mark(key), run: identity)
        let isChange = if case .change = effect { true } else { false }
        var answer: JSONValue
        // What was changed, the store itself knows by the mark.
        if let kept = try await memory.answer(of: key, isRepeatable: effect.isRepeatable), !isChange {
            answer = kept
        } else {
            do {
                answer = try await effects.perform(effect, as: name)
            } catch let error as BridgeError {
                guard step.goesOn, let reason = error.failureReason else { throw StepFailure(error) }
                answer = ["error": .string(reason)]
            }
            do {
                try await memory.keep(answer, of: key, isKept: isChange, isRepeatable: effect.isRepeatable)
            } catch let error as BridgeError {
                throw StepFailure(error)
            }
        }
        if isChange { answer = Self.changed(answer) }
        if let id = step.id { scope.steps[id] = answer }
    }

    /// The answer to a changed value, of the texts that the store keeps.
    private static func changed(_ texts: JSONValue) -> JSONValue {
        func value(_ name: String) -> JSONValue {
            texts[name]?.string.flatMap { JSONValue(json: Array($0.utf8)) } ?? .null
        }
        return [
            "value": value("after"), "before": value("before"), "existed": .bool(texts["before"]?.string != nil),
        ]
    }

    /// The same at each try, and short enough for a nonce.
    private func token(_ key: String) -> String {
        let start = "\(identity.bridge)-\(identity.cursor)-"
        let token = start + key
        guard token.utf8.count > Self.longestToken else { return token }
        return start + Hex.encode(Array(Digest.sha256(Array(key.utf8)).prefix(16)))
    }
}
