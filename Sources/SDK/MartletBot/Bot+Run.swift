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
    /// - Parameter configuration: Where the server is; nil to read the environment, see
    ///   ``BotConfiguration/init(environment:)``.
    /// - Throws: ``BotError``: `configuration` when a setting is missing, `refused` when the server wants this bot no
    ///   more, `state` when the state file cannot be read.
    public func run(_ configuration: BotConfiguration? = nil) async throws {
        let configuration = try configuration ?? BotConfiguration()
        let address = try ServerAddress(configuration.url)
        let logger = Logger(
            service: name, level: configuration.isVerbose ? .debug : .info,
            sink: StreamLogSink(format: isatty(2) == 1 ? .human : .json))
        let loop = EventLoop(name: "bot")
        let transport = ServerTransport(
            address: address, token: configuration.token, loop: loop, logger: logger,
            concurrency: options.channelsSideBySide)
        let state = DiskStateFile(path: configuration.stateFile ?? "\(name).state.json")
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
