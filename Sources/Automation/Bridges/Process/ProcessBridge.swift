package import BridgeKit
import ChatModel
import EventLoop
import Lifecycle
package import Settings
import Synchronization
import Telemetry

/// Hands events to a program of any language, as lines of JSON on its standard input and output.
///
/// The program is started with the bridge and again, after a growing wait, whenever it ends or breaks the protocol.
/// What it had in its hands then comes again, under the same id.
package final class ProcessBridge: Bridge {
    package static let kind = "process"
    package static let summary = "Hands events to a program of any language, as lines of JSON."
    package static let settings = SettingsSpec {
        SettingKey(
            "command", .list(.string),
            "The program and its arguments, without a shell; a path is relative to this file, a name is found on PATH.",
            example: ["examples/word-count/main.py"], required: true)
        SettingKey(
            "directory", .string, "Its working folder, relative to this file; one of the bridge's own when left out.")
        SettingKey(
            "environment", .map(.string), "Its variables; of the server's own it gets PATH, LANG and HOME.",
            secret: true)
        SettingKey("options", .any, "What the program is told in its greeting; any keys.", secret: true)
        SettingKey("timeout", .duration, "How long it may take for one event.", default: "30s")
        SettingKey("start_timeout", .duration, "How long it may take to get ready.", default: "10s")
        SettingKey("memory_limit", .byteSize, "How large its address space may be.", default: "512MiB")
        SettingKey("max_line", .byteSize, "The longest line that it may write.", default: "1MiB")
    }
    package static let traits = BridgeTraits(writesBack: true)

    package static func problems(in settings: Settings, environment: [String: String]) -> [SettingsProblem] {
        ProgramCheck(settings, environment: environment).problems
    }

    private struct State {
        var run: ProgramRun?
        var failure = "the program has not been started"
        var keeper: Task<Void, Never>?
    }

    private let context: BridgeContext
    private let command: ProgramCommand
    private let limits: ProgramRun.Limits
    private let startTimeout: Duration
    private let greeting: [UInt8]
    private let loop: EventLoop
    private let stopping = Latch()
    private let state = Mutex(State())

    package init(settings: Settings, context: BridgeContext) throws {
        self.context = context
        command = try ProgramCommand(settings, context)
        limits = ProgramRun.Limits(
            timeout: settings.duration("timeout"), maximumLine: settings.integer("max_line"))
        startTimeout = settings.duration("start_timeout")
        let options = settings.value("options")
        var hello: [String: JSONValue] = [
            "op": "hello", "bridge": .string(context.name), "version": 1,
            "settings": options == .null ? .object([:]) : JSONValue(options),
        ]
        if context.isTest { hello["test"] = true }
        greeting = ProgramMessage.line(hello)
        loop = context.loops.next()
    }

    package func start() async throws {
        let run = try await launch()
        state.withLock { state in
            // Ended by `stop`.
            state.keeper = Task { await self.keep(run) }
        }
    }

    package func handle(_ event: BridgeEvent) async throws {
        let (run, failure) = state.withLock { ($0.run, $0.failure) }
        guard let run, run.isReady else { throw BridgeError.targetDown(reason: run?.failure ?? failure) }
        try await run.deliver(event)
    }

    package func stop() async {
        stopping.open()
        let (run, keeper) = state.withLock { ($0.run, $0.keeper) }
        await run?.stop()
        await keeper?.value
    }

    /// Starts the program and waits until it is ready.
    ///
    /// - Throws: ``BridgeError`` with the reason; nothing of the program is left then.
    private func launch() async throws -> ProgramRun {
        let run = try await ProgramRun.start(
            command, greeting: greeting, limits: limits, context: context, loop: loop)
        state.withLock { $0.run = run }
        if stopping.isOpen { run.end("the bridge was stopped") }
        if !(await run.opened.wait(until: .now + startTimeout)) { run.end("the program was not ready in time") }
        await run.opened.wait()
        if run.isReady {
            context.health.targetIsUp()
            return run
        }
        await run.ended.wait()
        throw BridgeError.targetDown(reason: run.failure ?? "the program did not start")
    }

    /// Starts the program again whenever it has ended, until the bridge stops.
    private func keep(_ first: ProgramRun) async {
        var run: ProgramRun? = first
        var backoff = Backoff(first: .milliseconds(100), max: .seconds(30))
        while true {
            if let run {
                let start = ContinuousClock.now
                await run.ended.wait()
                // One that ran for a while is no program that dies at once.
                if ContinuousClock.now - start > .seconds(30) { backoff.reset() }
                note(run.failure ?? "the program ended")
            }
            guard !stopping.isOpen, !(await stopping.wait(until: .now + backoff.next())) else { return }
            do { run = try await launch() } catch {
                run = nil
                note(ErrorText.of(error))
            }
        }
    }

    private func note(_ reason: String) {
        state.withLock { $0.failure = reason }
        context.health.targetIsDown(reason)
        if !stopping.isOpen { context.log.error("bridge.program_failed", ["reason": reason]) }
    }
}
