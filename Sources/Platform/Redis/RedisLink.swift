import EventLoop

/// One connection that has been greeted: bytes out, replies in.
///
/// Everything here happens on the loop.
final class RedisLink: @unchecked Sendable {
    private let connection: StreamConnection
    private let parser: RedisParser
    private var onReply: ((RedisValue) -> Void)?
    private var onClose: ((RedisError) -> Void)?
    private var reason: RedisError?
    private(set) var isOpen = true

    private init(_ connection: StreamConnection, maximumReplySize: Int) {
        self.connection = connection
        parser = RedisParser(maximumSize: maximumReplySize)
    }

    /// Connects, gives the password, chooses the database and waits until the server has loaded its data.
    ///
    /// - Throws: ``RedisError`` with `unavailable`, or the server's refusal.
    static func open(_ configuration: RedisConfiguration, on loop: EventLoop, name: String) async throws -> RedisLink {
        let connection: StreamConnection
        do {
            connection = try await StreamConnection.connect(
                to: configuration.address, on: loop, timeout: configuration.connectTimeout)
        } catch {
            throw RedisError(.unavailable, "\(error)")
        }
        return try await withCheckedThrowingContinuation { continuation in
            loop.executeNow {
                let link = RedisLink(connection, maximumReplySize: configuration.maximumReplySize)
                link.greet(configuration, name: name) { continuation.resume(with: $0) }
            }
        }
    }

    /// Takes the link over.
    ///
    /// - Parameters:
    ///   - onReply: Called for each reply, in order.
    ///   - onClose: Called once, at the end.
    /// - Returns: Whether it is still open; if not, neither is ever called.
    func take(onReply: @escaping (RedisValue) -> Void, onClose: @escaping (RedisError) -> Void) -> Bool {
        connection.loop.preconditionInLoop()
        guard isOpen else { return false }
        self.onReply = onReply
        self.onClose = onClose
        return true
    }

    func write(_ bytes: [UInt8]) { connection.write(bytes) }

    func close(_ reason: RedisError) {
        guard isOpen else { return }
        self.reason = reason
        connection.close(afterFlush: false)
    }

    private func greet(
        _ configuration: RedisConfiguration, name: String,
        then done: @escaping @Sendable (Result<RedisLink, any Error>) -> Void
    ) {
        var commands: [RedisCommand] = []
        if let password = configuration.password {
            commands.append(
                configuration.username.map { RedisCommand("AUTH", $0, password) } ?? RedisCommand("AUTH", password))
        }
        if configuration.database != 0 { commands.append(RedisCommand("SELECT", configuration.database)) }
        // Shown in CLIENT LIST; blanks are not allowed there.
        let shown = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
        commands.append(RedisCommand("CLIENT", "SETNAME", "martlet-\(shown)"))
        // Refused while data is loaded or a password is missing.
        commands.append(RedisCommand("PING"))

        let timer = connection.loop.schedule(after: configuration.connectTimeout) {
            self.close(RedisError(.unavailable, "\(configuration.address) accepts connections but does not answer"))
        }
        var open = commands.count
        onClose = { reason in
            timer.cancel()
            done(.failure(reason))
        }
        onReply = { reply in
            if case .error(let text) = reply { return self.close(RedisError(.reply, text)) }
            open -= 1
            guard open == 0 else { return }
            timer.cancel()
            self.onReply = nil
            self.onClose = nil
            done(.success(self))
        }
        connection.start(onRead: { self.read($0) }, onClose: { self.closed($0) })
        var bytes: [UInt8] = []
        for command in commands { command.encode(into: &bytes) }
        write(bytes)
    }

    private func read(_ bytes: UnsafeRawBufferPointer) -> Int {
        do throws(RedisError) {
            try parser.feed(bytes)
            while isOpen, let reply = try parser.next() {
                guard let onReply else {
                    throw RedisError(.malformed, "the Redis server answers what nobody has asked")
                }
                onReply(reply)
            }
        } catch {
            close(error)
        }
        return bytes.count
    }

    private func closed(_ reason: StreamConnection.CloseReason) {
        isOpen = false
        let onClose = onClose
        onReply = nil
        self.onClose = nil
        let text =
            switch reason {
            case .error(let message): "the connection to Redis broke: \(message)"
            default: "the Redis server closed the connection"
            }
        onClose?(self.reason ?? RedisError(.connectionLost, text))
    }
}
