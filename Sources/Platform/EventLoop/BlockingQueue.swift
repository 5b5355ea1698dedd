import Dispatch

/// Threads for calls that block: name look-ups, password hashes, files.
///
/// Such calls must run neither on a loop, where they would stall every connection, nor on Swift's cooperative pool,
/// which has one thread a core.
package final class BlockingQueue: Sendable {
    private let queue: DispatchQueue

    /// - Parameter isSerial: One call at a time, in order; otherwise Dispatch adds threads as calls block.
    package init(_ name: String, isSerial: Bool = false) {
        queue = DispatchQueue(label: "martlet.\(name)", attributes: isSerial ? [] : .concurrent)
    }

    /// Runs `body` on a thread of its own and returns what it returns.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }

    /// Runs `body` on a thread of its own; nobody waits for it.
    package func submit(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }

    package func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}
