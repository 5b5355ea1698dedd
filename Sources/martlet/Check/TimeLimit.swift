/// Somebody took too long.
struct TimeLimitPassed: Error, CustomStringConvertible {
    let limit: Duration
    var description: String { "no answer within \(limit.components.seconds) seconds" }
}

/// Waits for `work` no longer than `limit`, whether it heeds its cancellation or not.
///
/// - Throws: ``TimeLimitPassed``, or what `work` throws. What heeds nothing goes on until the process ends.
func withTimeLimit<Value: Sendable>(
    _ limit: Duration, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let (stream, continuation) = AsyncThrowingStream<Value, any Error>.makeStream(bufferingPolicy: .bufferingOldest(1))
    // Both end with this function, or with the process.
    let task = Task {
        do {
            continuation.yield(try await work())
            continuation.finish()
        } catch {
            continuation.finish(throwing: error)
        }
    }
    let timer = Task {
        try await Task.sleep(for: limit)
        continuation.finish(throwing: TimeLimitPassed(limit: limit))
    }
    defer {
        task.cancel()
        timer.cancel()
    }
    for try await value in stream { return value }
    throw CancellationError()
}
