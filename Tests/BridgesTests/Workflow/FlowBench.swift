import BridgeKit
import BridgeRuntime
import ChatModel
import Settings
import Synchronization
import Testing

@testable import BridgeTesting
@testable import Bridges

/// Runs the steps of a file on events without a server: effects are written down, and answered as the test says.
final class FlowBench: WorkflowEffects {
    typealias Answer = @Sendable (Effect) throws -> JSONValue

    private struct State {
        var done: [(effect: Effect, name: EffectName)] = []
        var answer: Answer?
        /// Effects that are left until the process "dies" behind one.
        var life = Int.max
    }

    struct Killed: Error {}

    private let steps: [Step]
    private let usesChannel: Bool
    private let vars: [String: JSONValue]
    private let state = Mutex(State())
    private let clock = Clock()
    let store: FixtureStore

    private final class Clock: Sendable {
        let now = Mutex<Int64>(1_769_850_000_000)
        var value: Int64 { now.withLock { $0 } }
    }

    init(_ steps: String, more: String = "") throws {
        let indented = steps.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
            .joined(separator: "\n")
        let (file, problems) = BridgeFile.read(
            "bridge: workflow\nsettings:\n\(more)  steps:\n\(indented)\n", path: "flow.yaml", registry: .standard,
            environment: ["SECRET": "{{ s3cret"])
        let settings = try #require(file?.settings, "\(problems)")
        let read = StepReader.read(settings)
        self.steps = read.steps
        usesChannel = read.usesChannel
        vars = Dictionary(
            settings.value("vars").entries.map { ($0.key, JSONValue($0.value)) }, uniquingKeysWith: { $1 })
        store = FixtureStore([:], now: { [clock] in clock.value })
    }

    // MARK: What a test says

    func answer(_ answer: @escaping Answer) { state.withLock { $0.answer = answer } }
    func advance(by duration: Duration) { clock.now.withLock { $0 += Int64(duration / .milliseconds(1)) } }
    /// Lets the process die behind so many effects from now.
    func die(after effects: Int) { state.withLock { $0.life = effects } }

    /// Takes a message through the steps.
    func run(
        _ text: String = "hello", row: UInt64 = 1, type: EventType = .messageCreated, data: JSONValue? = nil
    ) async throws {
        let event = Event(
            cursor: Cursor(transaction: 700, row: row), type: type, channelID: ChannelID(3), actorID: UserID(4),
            subjectID: 9, at: "2026-01-31T09:00:00.000Z",
            data: data ?? [
                "id": 9, "seq": 1, "channel_id": 3, "text": .string(text),
                "author": ["id": 4, "handle": "ada", "name": "Ada", "kind": "person"],
            ])
        try await run(event)
    }

    func run(_ event: Event) async throws {
        var run = try WorkflowRun(
            try BridgeEvent(app: AppID(1), event: event), bridge: "flow", vars: vars, store: store, effects: self,
            now: { [clock] in clock.value })
        try await run.run(steps, usesChannel: usesChannel)
    }

    /// Why a run ended early; nil when it did not.
    func failure(
        _ text: String = "hello", type: EventType = .messageCreated, data: JSONValue? = nil
    ) async -> BridgeError? {
        do {
            try await run(text, type: type, data: data)
            return nil
        } catch {
            return error as? BridgeError
        }
    }

    // MARK: What came of it

    /// The keys of all that the store holds.
    func kept() async throws -> [String] { try await store.values(under: "", limit: 1000).keys.sorted() }

    var effects: [Effect] { state.withLock { $0.done.map(\.effect) } }
    var names: [EffectName] { state.withLock { $0.done.map(\.name) } }
    /// The texts of posts, in their order.
    var posts: [String] {
        effects.compactMap { effect in
            if case .post(let post) = effect { post.text } else { nil }
        }
    }

    func perform(_ effect: Effect, as name: EffectName) async throws -> JSONValue {
        if case .change = effect, try await store.value(name.mark) != nil {} else { state.withLock { $0.life -= 1 } }
        let (answer, isDying) = state.withLock { ($0.answer, $0.life < 0) }
        if isDying { throw Killed() }
        var isRepeat = false
        let result: JSONValue
        switch effect {
        case .change(let key, let action, let expiry):
            isRepeat = try await store.value(name.mark) != nil
            var change = BridgeStoreChange(action, of: "v.\(key)")
            change.mark = name.mark
            change.expiry = expiry
            guard case .done(let before, let after) = try await store.change(change) else {
                throw BridgeError.giveUp(reason: "no number")
            }
            result = ["before": before.map { .string($0) } ?? .null, "after": after.map { .string($0) } ?? .null]
        case .look(let key):
            let text = try await store.value("v.\(key)")
            result = [
                "value": text.flatMap { JSONValue(json: Array($0.utf8)) } ?? .null, "exists": .bool(text != nil),
            ]
        default: result = try answer?(effect) ?? ["id": 77]
        }
        // The store itself does nothing twice under one mark.
        if !isRepeat { state.withLock { $0.done.append((effect, name)) } }
        return result
    }

    func channel(_ id: ChannelID, of run: RunIdentity) async throws -> JSONValue {
        ["id": .integer(id.rawValue), "name": "general", "topic": "", "kind": "public"]
    }
}
