#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Why something a bot asked for did not happen.
public struct BotError: Error, Sendable, CustomStringConvertible {
    /// What went wrong: one of the constants here, or the `code` of the server's problem document.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The stable name.
        public let rawValue: String

        /// Takes any name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// A setting is missing or wrong.
        public static let configuration = Code(rawValue: "configuration")
        /// The server could not be reached, or the connection broke, at every try.
        public static let connectionLost = Code(rawValue: "connection_lost")
        /// The server asks to wait longer than a handler may.
        public static let rateLimited = Code(rawValue: "rate_limited")
        /// The channel is in slow mode, and the bot has to wait longer than a handler may.
        public static let slowMode = Code(rawValue: "slow_mode")
        /// The server answered with something that this version cannot read.
        public static let badAnswer = Code(rawValue: "bad_answer")
        /// The server ended the session for good.
        public static let refused = Code(rawValue: "refused")
        /// The handler took longer than ``BotOptions/handlerDeadline``.
        public static let deadline = Code(rawValue: "deadline")
        /// The bot's state cannot be read, written or extended.
        public static let state = Code(rawValue: "state")
        /// The event belongs to no channel.
        public static let noChannel = Code(rawValue: "no_channel")
        /// There is no such thing, or the bot may not see it.
        public static let notFound = Code(rawValue: "not_found")
        /// The bot may not do this.
        public static let forbidden = Code(rawValue: "forbidden")
    }

    /// What went wrong.
    public var code: Code
    /// A sentence for a person.
    public var message: String
    /// The status of the server's answer, when there was one.
    public var status: Int?
    /// How long the server asks to wait.
    public var retryAfter: Duration?
    /// What caused it, for logs.
    public var underlying: (any Error)?

    /// Makes an error.
    public init(
        _ code: Code, _ message: String, status: Int? = nil, retryAfter: Duration? = nil,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.retryAfter = retryAfter
        self.underlying = underlying
    }

    /// The sentence and the code.
    public var description: String { "\(message) (\(code.rawValue))" }

    /// Whether the same request may succeed later, without anybody changing anything.
    public var isTransient: Bool {
        if code == .connectionLost || code == .rateLimited { return true }
        guard let status else { return false }
        return status == 429 || status >= 500
    }

    /// Whether it is certain that the same request fails again.
    var isPermanent: Bool {
        guard let status else { return false }
        return !isTransient && (400..<500).contains(status)
    }

    static func state(_ path: String, _ what: String, _ number: Int32) -> BotError {
        BotError(
            .state, "the state file \(path) \(what)" + (number == 0 ? "" : ": \(String(cString: strerror(number)))"))
    }
}
