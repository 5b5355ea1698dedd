internal import EventLoop
import Synchronization

/// A few threads that take turns, with a limit on who may wait.
final class HashWorkers: Sendable {
    private let queues: [BlockingQueue]
    private let capacity: Int
    private let load: Mutex<[Int]>

    /// - Parameter capacity: Calls that run or wait at one time.
    init(count: Int, capacity: Int) {
        queues = (0..<count).map { BlockingQueue("password-\($0)", isSerial: true) }
        self.capacity = capacity
        load = Mutex(Array(repeating: 0, count: count))
    }

    /// Runs `body` on the worker that has least to do.
    ///
    /// - Throws: ``CryptoError`` `overloaded`, or what `body` throws.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        let chosen: Int? = load.withLock { load in
            guard load.reduce(0, +) < capacity, let least = load.indices.min(by: { load[$0] < load[$1] }) else {
                return nil
            }
            load[least] += 1
            return least
        }
        guard let chosen else { throw CryptoError(.overloaded, "too many passwords are being checked") }
        defer { load.withLock { $0[chosen] -= 1 } }
        return try await queues[chosen].run(body)
    }
}
