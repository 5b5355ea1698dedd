package import Foundation
import Synchronization

/// Lets each user, or each channel, use what it guards only so often.
///
/// The times are kept in memory, for at most 10,000 users or channels, and forgotten when the bot restarts. A command
/// that is tried again after a failure is not counted twice.
public final class Cooldown: Middleware {
    /// Who shares one cooldown.
    public enum Scope: Sendable {
        case user, channel
    }

    private struct Use {
        var at: Date
        var cursor: Cursor
    }

    private static let capacity = 10_000

    private let scope: Scope
    private let period: TimeInterval
    private let uses = Mutex<[Int64: Use]>([:])

    /// - Parameters:
    ///   - period: The time that has to pass between two uses.
    ///   - scope: Who shares one cooldown.
    public init(_ period: Duration, per scope: Scope = .user) {
        self.period = period.timeInterval
        self.scope = scope
    }

    /// Denies a use that comes too early, and says how long to wait.
    public func handle(_ invocation: Invocation, next: Next) async throws -> Outcome {
        let key =
            switch scope {
            case .user: invocation.event.actorID?.rawValue
            case .channel: invocation.event.channelID?.rawValue
            }
        guard let key else { return try await next(invocation) }
        if let left = claim(key, at: invocation.now, cursor: invocation.event.cursor) {
            return .denied("wait \(Int(left.rounded(.up))) s more")
        }
        return try await next(invocation)
    }

    /// - Returns: How long to wait; nil when the use is free.
    private func claim(_ key: Int64, at now: Date, cursor: Cursor) -> TimeInterval? {
        uses.withLock { uses in
            if let last = uses[key], last.cursor != cursor {
                let left = period - now.timeIntervalSince(last.at)
                // A clock that was set back must not lock anybody out for longer than the period.
                if left > 0, left <= period { return left }
            }
            if uses.count >= Self.capacity { uses = uses.filter { now.timeIntervalSince($0.value.at) < period } }
            if uses.count >= Self.capacity { uses = [:] }
            uses[key] = Use(at: now, cursor: cursor)
            return nil
        }
    }
}

extension Duration {
    /// Seconds with their fraction, as Foundation counts.
    package var timeInterval: TimeInterval {
        TimeInterval(components.seconds) + TimeInterval(components.attoseconds) / 1e18
    }
}
