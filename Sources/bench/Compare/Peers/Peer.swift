import LoadGenerator

/// A chat server under measurement: how it is started, and how it is spoken to.
protocol Peer: Sendable {
    /// As it stands in tables and after `--peers`.
    var name: String { get }
    /// The ways to send, the one that others have too first.
    var doors: [String] { get }
    /// What its figures do not say by themselves.
    var remark: String { get }

    /// Starts it on empty databases and makes the people and channels of the scene.
    func start(_ machine: Machine, _ scene: Scene) async throws
    func stop() async
    /// The process whose descendants are what the peer costs; PostgreSQL and Redis are not among them.
    var processIdentifier: Int32 { get }

    /// Opens a connection for sending to some channels; called on the loop.
    func openSender(_ user: Int, to channels: [Int], door: String, on loop: LoadLoop) async throws -> any MessageSender
    /// Opens a connection that is told of the messages of the channels; called on the loop.
    ///
    /// - Parameter onMessage: Gets the mark of each message, on the loop.
    func openReceiver(
        _ user: Int, channels: [Int], on loop: LoadLoop, onMessage: @escaping (UInt64) -> Void
    ) async throws -> any MessageReceiver

    /// Puts messages into the channel `c0`, not over the API.
    ///
    /// - Returns: false when this peer cannot have that.
    func fill(_ count: Int, _ machine: Machine) async throws -> Bool
    /// Opens a connection for reading history; called on the loop.
    func openReader(_ user: Int, on loop: LoadLoop) async throws -> any PageReader
    /// Starts a bot that says again what is said in the channels; called on the loop.
    ///
    /// - Parameter bots: The user in each channel that it may be.
    func startEcho(_ bots: [(user: Int, channel: Int)], on loop: LoadLoop) async throws -> any Echo
    /// Whether `fill` and `openReader` can be had.
    var keepsHistory: Bool { get }
    /// More connections than these are not tried.
    var mostSockets: Int { get }
}

/// A bot that runs.
protocol Echo: Sendable {
    func stop() async
}

extension Peer {
    var remark: String { "" }
    var mostSockets: Int { .max }
    var keepsHistory: Bool { true }

    func startEcho(_ bots: [(user: Int, channel: Int)], on loop: LoadLoop) async throws -> any Echo {
        let echo = ClientEcho()
        for (user, channel) in bots {
            let sender = try await openSender(user, to: [channel], door: doors[0], on: loop)
            let receiver = try await openReceiver(user, channels: [channel], on: loop) {
                echo.received($0, channel, sender)
            }
            echo.add(sender, receiver)
        }
        return echo
    }

    func fill(_ count: Int, _ machine: Machine) async throws -> Bool { false }

    func openReader(_ user: Int, on loop: LoadLoop) async throws -> any PageReader {
        throw BenchError("\(name) has no history to read")
    }
}

/// One user's connection for sending; used on its loop alone.
protocol MessageSender: AnyObject {
    /// - Parameters:
    ///   - stamp: Goes with the text.
    ///   - done: Called once, on the loop, when the message is stored (or `false`, when it is not).
    func send(_ stamp: UInt64, to channel: Int, done: @escaping (Bool) -> Void)
    func close()
}

/// One user's connection that waits for messages; used on its loop alone.
protocol MessageReceiver: AnyObject {
    var isOpen: Bool { get }
    func close()
}

extension WebSocketClient: MessageReceiver {}
