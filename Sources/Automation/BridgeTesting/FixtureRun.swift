import BridgeKit
import BridgeRuntime
import ChatModel
import EventLoop
import Foundation
import Settings
import Synchronization
import Telemetry
import Text

/// Runs a bridge over the events of one fixture, by the rules of the runtime and without its waits.
struct FixtureRun: Sendable {
    /// What a run needs beside the fixture.
    struct Surroundings: Sendable {
        let loops: EventLoopGroup
        let environment: [String: String]
        /// Below it the bridge gets a folder of its own, which is removed afterwards.
        let folder: String
    }

    /// Tries, and looks at a target that is down, of one event.
    private static let mostTries = 2000

    let fixture: Fixture
    let file: BridgeFile
    let surroundings: Surroundings
    let recorder: EffectRecorder
    private let chat: FixtureChat
    private let answers: TargetAnswers
    private let clock: Clock
    private let context: BridgeContext

    init(_ fixture: Fixture, _ file: BridgeFile, _ surroundings: Surroundings) {
        self.fixture = fixture
        self.file = file
        self.surroundings = surroundings
        recorder = EffectRecorder(secrets: file.settings.hiddenTexts)
        chat = FixtureChat(world: fixture.world, recorder: recorder)
        answers = TargetAnswers(fixture.answers)
        let clock = Clock(fixture.now)
        self.clock = clock
        context = BridgeContext(
            name: file.name, app: FixtureWorld.app,
            log: BridgeLog(Logger(service: "bridge", level: .info, sink: FixtureLog(recorder: recorder))), chat: chat,
            store: FixtureStore(fixture.store, now: { clock.now }),
            environment: surroundings.environment.merging(fixture.environment) { $1 }, folder: surroundings.folder,
            loops: surroundings.loops,
            targets: RecordingTargets(recorder: recorder, answers: answers, kind: file.kind), isTest: true,
            now: { clock.now })
    }

    /// - Parameter filter: One that was made for another fixture of the same file, for kinds that only judge.
    /// - Returns: The filter of the bridge.
    /// - Throws: What the bridge says against its settings.
    func run(filter: (any BridgeFilter)? = nil) async throws -> (any BridgeFilter)? {
        defer { try? FileManager.default.removeItem(atPath: surroundings.folder) }
        if let filter, file.kind.traits.events.isEmpty {
            for (index, given) in fixture.given.enumerated() { await judge(given, index, filter) }
            return filter
        }
        let trial = try await BridgeTrial(file, context: context)
        do {
            try await trial.start()
        } catch {
            recorder.begin(given: nil)
            recorder.record(.down, ["reason": .string("it does not start: \(ErrorText.of(error))")])
            await trial.stop()
            return nil
        }
        var waiting: [Deferred] = []
        var goesOn = true
        for (index, given) in fixture.given.enumerated() where goesOn {
            if case .event(let event, _) = given, let at = Timestamp.parse(event.at) {
                goesOn = await bringDue(before: at, &waiting, to: trial)
            }
            if goesOn { goesOn = try await bring(given, index, &waiting, to: trial) && !Task.isCancelled }
        }
        if goesOn { _ = await bringDue(before: .max, &waiting, to: trial) }
        recorder.begin(given: nil)
        await trial.stop()
        return chat.filter
    }

    /// An event that the bridge wants again.
    private struct Deferred {
        let until: Int64
        let index: Int
        let event: BridgeEvent
    }

    /// Brings again what was put off, in the order of its times.
    private func bringDue(before time: Int64, _ waiting: inout [Deferred], to trial: BridgeTrial) async -> Bool {
        for _ in 0..<Self.mostTries where !Task.isCancelled {
            guard let next = waiting.indices.min(by: { waiting[$0].until < waiting[$1].until }),
                waiting[next].until <= time
            else { return true }
            let due = waiting.remove(at: next)
            recorder.begin(given: due.index)
            clock.reach(due.until)
            guard await deliver(due.event, due.index, &waiting, to: trial) else { return false }
        }
        return false
    }

    /// - Returns: False when nothing of what follows would be read.
    private func bring(
        _ given: Fixture.Given, _ index: Int, _ waiting: inout [Deferred], to trial: BridgeTrial
    ) async throws -> Bool {
        recorder.begin(given: index)
        switch given {
        case .mail(let bytes, let recipient):
            do {
                if try await !trial.deliver(bytes, to: recipient) {
                    recorder.record(
                        .skip, ["by": .string("mail"), "reason": .string("this kind of bridge takes no mail")],
                        isNote: true)
                }
            } catch {
                recorder.record(.deadLetter, ["reason": .string(ErrorText.of(error)), "attempts": 1])
            }
            return true
        case .event(var event, let isJudged):
            if let at = Timestamp.parse(event.at) { clock.reach(at) }
            if isJudged, let filter = chat.filter {
                guard let judged = await judge(event, filter) else { return true }
                event = judged
            }
            guard trial.followsEvents else { return true }
            return await bring(event, index, &waiting, to: trial)
        }
    }

    private func bring(
        _ event: Event, _ index: Int, _ waiting: inout [Deferred], to trial: BridgeTrial
    ) async -> Bool {
        var channelName: String?
        if let id = event.channelID {
            let name = fixture.world.channel(id)?.name ?? ""
            channelName = name.isEmpty ? nil : name
        }
        do {
            let event = try BridgeEvent(app: FixtureWorld.app, event: event)
            let bot = fixture.world.bot.id
            if let obstacle = try await trial.obstacle(to: event, bot: bot, channelName: channelName) {
                recorder.record(
                    .skip, ["by": .string(obstacle.rule), "reason": .string(obstacle.reason)], isNote: true)
                return true
            }
            return await deliver(event, index, &waiting, to: trial)
        } catch {
            recorder.record(
                .deadLetter, ["reason": .string("the event cannot be read: \(ErrorText.of(error))"), "attempts": 0])
            return true
        }
    }

    private func deliver(
        _ event: BridgeEvent, _ index: Int, _ waiting: inout [Deferred], to trial: BridgeTrial
    ) async -> Bool {
        var attempts = 1
        for _ in 0..<Self.mostTries where !Task.isCancelled && !recorder.isFull {
            switch await trial.attempt(event, attempts) {
            case .done: return true
            case .dead(let reason, let pauses):
                recorder.record(
                    .deadLetter, ["reason": .string(reason), "attempts": .integer(Int64(attempts))])
                if pauses { recorder.record(.pause, ["reason": .string(reason)]) }
                return !pauses
            case .deferred(let time):
                recorder.record(
                    .wait, ["until": .string(Timestamp.format(milliseconds: time))], isNote: true)
                waiting.append(Deferred(until: time, index: index, event: event))
                return true
            case .retry(let delay, let reason):
                let milliseconds = Int64(delay / .milliseconds(1))
                recorder.record(
                    .retry, ["reason": .string(reason), "after": .string(Self.text(milliseconds))], isNote: true)
                clock.pass(milliseconds)
                attempts += 1
            case .down(let reason):
                // The runtime would ask again and again; the fixture tells how that ends, or it does not.
                let isOver = !answers.hasUnused
                recorder.record(.down, ["reason": .string(reason)], isNote: !isOver)
                if isOver { return false }
                clock.pass(1000)
            }
        }
        return false
    }

    private static func text(_ milliseconds: Int64) -> String {
        milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }

    // MARK: Filters

    private func judge(_ given: Fixture.Given, _ index: Int, _ filter: any BridgeFilter) async {
        recorder.begin(given: index)
        if case .event(let event, let isJudged) = given, isJudged { _ = await judge(event, filter) }
    }

    /// - Returns: The event with what is left of the text; nil when it is not stored.
    private func judge(_ event: Event, _ filter: any BridgeFilter) async -> Event? {
        guard var message = event.data.decoded(as: Message.self) else { return event }
        let draft = BridgeDraft(
            app: FixtureWorld.app, channelName: fixture.world.channel(message.channelID)?.name ?? "",
            author: message.author, text: message.text, isEdit: event.type == .messageUpdated)
        let verdict: BridgeVerdict
        do { verdict = try await filter.judge(draft) } catch {
            let allows = filter.allowsWhenFailing
            recorder.record(
                .verdict,
                [
                    "action": .string(allows ? "allow" : "block"),
                    "reason": .string("it cannot be judged: \(ErrorText.of(error))"),
                ])
            return allows ? event : nil
        }
        switch verdict {
        case .allow(let flags):
            recorder.record(
                .verdict, ["action": "allow", "rules": .array(flags.map { .string($0) })], isNote: flags.isEmpty)
            message.flags += flags
        case .mask(let edits, let rules, let flags):
            let text = TextEdit.applied(
                edits.map { TextEdit(range: $0.range, text: $0.text) }, to: message.text, limit: 16_000)
            recorder.record(
                .verdict,
                ["action": "mask", "text": .string(text), "rules": .array((rules + flags).map { .string($0) })])
            message.text = text
            message.flags += rules + flags
        case .block(let reason, let rules):
            recorder.record(
                .verdict,
                ["action": "block", "reason": .string(reason), "rules": .array(rules.map { .string($0) })])
            return nil
        }
        var event = event
        event.data = JSONValue(encoding: message) ?? event.data
        chat.keep(message)
        return event
    }

    // MARK: Time

    /// The time of a fixture: it passes from event to event and with the waits, which nobody waits for.
    private final class Clock: Sendable {
        private let milliseconds: Mutex<Int64>

        init(_ milliseconds: Int64) { self.milliseconds = Mutex(milliseconds) }

        var now: Int64 { milliseconds.withLock { $0 } }
        func reach(_ time: Int64) { milliseconds.withLock { $0 = max($0, time) } }
        func pass(_ time: Int64) { milliseconds.withLock { $0 += max(0, time) } }
    }
}
