import EventLoop
import Telemetry

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension Bot {
    /// Connects to the server and serves until SIGINT or SIGTERM arrives; handlers that run may finish.
    ///
    /// Cancelling the task ends it as well, without waiting for handlers.
    ///
    /// - Parameter configuration: Where the server is; nil for a program of its own, which reads the environment, see
    ///   ``BotConfiguration/init(environment:)``, and ends with one line and status 1 for what would be thrown here.
    /// - Throws: ``BotError``: `configuration` when a setting is missing, `refused` when the server wants this bot no
    ///   more, `state` when the state file cannot be read.
    public func run(_ configuration: BotConfiguration? = nil) async throws {
        if let configuration { return try await serve(configuration) }
        // What `main` throws is a crash with a stack trace, which tells nobody what to set.
        StandardOutput.prepare()
        do {
            try await serve(try BotConfiguration())
        } catch let error as BotError {
            StandardOutput.note(Self.advice(error), program: name)
            exit(1)
        } catch let error where !(error is CancellationError) {
            StandardOutput.note(Self.advice(BotError(.configuration, "\(error)")), program: name)
            exit(1)
        }
    }

    /// An error in one line, with what to do.
    static func advice(_ error: BotError) -> String {
        let next =
            switch error.code {
            case .refused where error.message.contains("bad_token"):
                "; is MARTLET_BOT_TOKEN the token of a bot of this server? POST /v1/bots/{bot}/token makes a new one"
            case .state: "; MARTLET_BOT_STATE says which file is used"
            default: ""
            }
        return (error.description + next).split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private func serve(_ configuration: BotConfiguration) async throws {
        let address = try ServerAddress(configuration.url)
        let logger = Logger(
            service: name, level: configuration.isVerbose ? .debug : .info,
            sink: StreamLogSink(format: isatty(2) == 1 ? .human : .json))
        let loop = EventLoop(name: "bot")
        let transport = ServerTransport(
            address: address, token: configuration.token, loop: loop, logger: logger,
            concurrency: options.channelsSideBySide)
        let state = DiskStateFile(path: configuration.stateFile ?? "\(name).state.json")
        try await state.checkWritable()
        let session = BotSession(
            bot: self, transport: transport, clock: SystemClock(), store: StateStore(file: state),
            token: configuration.token, logger: logger)
        defer { transport.close() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                for await _ in loop.signals(SIGINT, SIGTERM) { session.shutdown() }
            }
            try await session.run()
        }
    }
}
