import EventLoop
import Foundation
import Lifecycle
import MemoryAllocator
import Settings
import Telemetry

/// `martlet serve`: runs the server until it is told to stop.
struct ServeCommand {
    private let settings: Settings
    /// Reads the configuration anew, from the same places.
    private let load: @Sendable () throws -> Settings
    private let isDemo: Bool
    /// Those that set nothing; what is nearly a setting has been refused.
    private let unknownVariables: [SettingsProblem]
    private let printsConfiguration: Bool

    init(arguments: [String], environment: [String: String]) throws {
        let arguments = try Arguments(
            arguments, valued: ServerOptions.valued, flags: ["demo", "print-config"])
        if let extra = arguments.positional.first { throw UsageError("`serve` does not take \"\(extra)\".") }
        load = { try ServerOptions.settings(arguments, environment: environment) }
        settings = try load()
        unknownVariables = UnknownVariables.problems(environment)
        isDemo = arguments.flags.contains("demo")
        printsConfiguration = arguments.flags.contains("print-config")
    }

    func run() async throws {
        if printsConfiguration {
            try StandardOutput.line(settings.rendered(redacting: true))
            return
        }
        MemoryAllocator.returnUnused(after: .seconds(1))
        let loops = settings.integer("threads")
        let group = EventLoopGroup(count: loops == 0 ? EventLoopGroup.coreCount : loops)
        let logger = makeLogger()
        for problem in unknownVariables { logger.warn("settings.problem", ["problem": .string(problem.description)]) }
        let server = try Server(settings: settings, group: group, isDemo: isDemo, logger: logger)
        // Signals are taken before anything is started: an early Ctrl-C must stop what was started by then.
        let signals = group.loops[0].signals(SIGINT, SIGTERM, SIGHUP)
        let hasTerminal = isatty(0) == 1
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await server.run()
                return true
            }
            tasks.addTask { [load] in
                var isStopping = false
                for await number in signals {
                    // Of a terminal that was closed it means the end, as it does without a server in it.
                    if number == SIGHUP, !hasTerminal || isatty(0) == 1 {
                        server.reload(load)
                        continue
                    }
                    // A second signal means that somebody has no patience left.
                    if isStopping { exit(130) }
                    isStopping = true
                    server.shutdown()
                }
                return false
            }
            while let isOver = try await tasks.next() {
                if isOver { tasks.cancelAll() }
            }
        }
    }

    private func makeLogger() -> Logger {
        let level = LogLevel(rawValue: settings.string("log.level")) ?? .info
        let format: StreamLogSink.Format =
            switch settings.string("log.format") {
            case "json": .json
            case "human": .human
            default: isatty(2) == 1 ? .human : .json
            }
        return Logger(service: "martlet", level: level, sink: StreamLogSink(format: format))
    }
}
