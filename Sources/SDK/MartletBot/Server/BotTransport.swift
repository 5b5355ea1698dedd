package import Foundation

/// The way to a server; the real one, or a chat's under test.
package protocol BotTransport: Sendable {
    /// Opens the stream of events.
    ///
    /// - Throws: When it cannot be opened now; the session tries again later.
    func connect() async throws -> any BotLink

    /// Sends one request, once.
    ///
    /// - Throws: When no answer came; whether the server acted is unknown then.
    func exchange(_ request: APIRequest) async throws -> APIResponse

    /// Where the frames of a link arrive; nil for nowhere in particular.
    var executor: (any TaskExecutor)? { get }
}

extension BotTransport {
    package var executor: (any TaskExecutor)? { nil }
}

/// One connection of the stream of events.
package protocol BotLink: Sendable {
    /// Waits for the next frame; nil when the connection is closed, ``stopReceiving()`` was called or the task is
    /// cancelled.
    ///
    /// For one task at a time.
    func next() async -> String?

    /// Sends a frame; a closed connection drops it.
    func send(_ frame: String)

    /// Makes ``next()`` return nil; frames can still be sent.
    func stopReceiving()

    /// Ends the connection, once what was sent has left.
    func close()
}

/// Time as a bot sees it.
package protocol BotClock: Sendable {
    /// The time of day.
    func now() -> Date

    /// Waits before another try.
    func pause(for duration: Duration) async throws

    /// Waits until a timer is due.
    func sleep(until date: Date) async throws
}

/// The time of the machine.
struct SystemClock: BotClock {
    func now() -> Date { Date() }

    func pause(for duration: Duration) async throws { try await Task.sleep(for: duration) }

    func sleep(until date: Date) async throws {
        // In steps, so that a clock that is set forward is noticed.
        while true {
            let left = date.timeIntervalSince(now())
            guard left > 0 else { return }
            try await Task.sleep(for: .seconds(min(left, 60)))
        }
    }
}
