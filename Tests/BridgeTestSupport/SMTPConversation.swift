package import EventLoop
import Synchronization

/// Speaks SMTP or LMTP line by line, as a test says.
package final class SMTPConversation: Sendable {
    private struct State {
        var lines: [String] = []
        var waiter: CheckedContinuation<String, any Error>?
        var isClosed = false
    }

    private struct Ended: Error {}

    private let connection: StreamConnection
    private let state = Mutex(State())

    /// Connects and returns after the greeting.
    package init(_ address: SocketAddress, on loop: EventLoop) async throws {
        connection = try await StreamConnection.connect(to: address, on: loop, timeout: .seconds(5))
        let connection = connection
        await withCheckedContinuation { done in
            loop.executeNow {
                connection.start(onRead: { self.take($0) }, onClose: { _ in self.end() })
                done.resume()
            }
        }
        _ = try await reply()
    }

    /// Sends a line and returns the last line of the answer.
    package func say(_ line: String) async throws -> String {
        let bytes = line + "\r\n"
        connection.loop.execute { [connection] in connection.write(bytes) }
        return try await reply()
    }

    /// Sends a mail whole.
    ///
    /// - Returns: The answers to the recipients and, when one was taken, to the mail.
    package func deliver(_ mail: String, from sender: String, to recipients: [String]) async throws -> [String] {
        _ = try await say("EHLO client.test")
        _ = try await say("MAIL FROM:<\(sender)>")
        var replies: [String] = []
        for recipient in recipients { replies.append(try await say("RCPT TO:<\(recipient)>")) }
        guard replies.contains(where: { $0.hasPrefix("250") }) else { return replies }
        _ = try await say("DATA")
        let lines = mail.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.hasPrefix(".") ? ".\($0)" : $0
        }
        replies.append(try await say(lines.joined(separator: "\r\n") + "\r\n."))
        return replies
    }

    package func close() { connection.loop.execute { [connection] in connection.close(afterFlush: false) } }

    private func reply() async throws -> String {
        while true {
            let line = try await withCheckedThrowingContinuation { continuation in
                let next: Result<String, any Error>? = state.withLock { state in
                    if !state.lines.isEmpty { return .success(state.lines.removeFirst()) }
                    if state.isClosed { return .failure(Ended()) }
                    state.waiter = continuation
                    return nil
                }
                if let next { continuation.resume(with: next) }
            }
            if line.dropFirst(3).first != "-" { return line }
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let end = bytes.lastIndex(of: 0x0A) else { return 0 }
        let lines = bytes[...end].split(separator: 0x0A).map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
        }
        let (waiter, first) = state.withLock { state in
            state.lines += lines
            guard let waiter = state.waiter, !state.lines.isEmpty else {
                return (CheckedContinuation<String, any Error>?.none, "")
            }
            state.waiter = nil
            return (waiter, state.lines.removeFirst())
        }
        waiter?.resume(returning: first)
        return end + 1
    }

    private func end() {
        let waiter = state.withLock { state in
            state.isClosed = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(throwing: Ended())
    }
}
