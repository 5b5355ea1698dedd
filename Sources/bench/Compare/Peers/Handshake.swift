import LoadGenerator

/// Waits for the frame that says that a connection is ready; used on its loop alone.
final class Handshake: @unchecked Sendable {
    private(set) var isDone = false
    private var hasFailed = false
    private var waiter: CheckedContinuation<Void, any Error>?

    /// - Parameter marker: What the frame holds that is waited for.
    func received(_ payload: UnsafeRawBufferPointer, marker: String) {
        guard String(decoding: payload, as: UTF8.self).contains(marker) else { return }
        isDone = true
        waiter?.resume()
        waiter = nil
    }

    func failed() {
        hasFailed = true
        waiter?.resume(throwing: LoadError("the server closed the connection before it was ready"))
        waiter = nil
    }

    func wait() async throws {
        if isDone { return }
        if hasFailed { throw LoadError("the server closed the connection before it was ready") }
        try await withCheckedThrowingContinuation { waiter = $0 }
    }
}
