package import EventLoop

/// Where a Redis server is and how to talk to it.
package struct RedisConfiguration: Sendable {
    package var address: SocketAddress
    /// For servers with access control lists; nil for the default user.
    package var username: String?
    package var password: String?
    package var database: Int
    /// For one attempt to connect, the greeting included.
    package var connectTimeout: Duration = .seconds(5)
    /// The bound of the wait between attempts to connect.
    package var reconnectDelay: Duration = .seconds(1)
    /// How many commands may wait to be written or answered; more are refused.
    package var maximumCommands = 10_000
    /// The longest reply in bytes, as it comes over the wire; a longer one ends the connection.
    package var maximumReplySize = 64 << 20
    /// How long the answer of a command that nobody waits for any more may take before the connection is given up.
    package var stallLimit: Duration = .seconds(5)

    package init(
        address: SocketAddress, username: String? = nil, password: String? = nil, database: Int = 0
    ) {
        self.address = address
        self.username = username
        self.password = password
        self.database = database
    }

    /// A server on a Unix socket.
    package init(unixSocket path: String) { self.init(address: .unix(path: path)) }

    /// Reads `redis://[user[:password]@]host[:port][/database]` or `unix:/path[?db=database]`.
    ///
    /// User and password are percent-encoded, as in any URL.
    ///
    /// - Throws: ``RedisError`` with `configuration`; the text does not repeat the password.
    package init(url: String) throws(RedisError) {
        if url.hasPrefix("unix:") {
            let parts = url.split(separator: "?", maxSplits: 1).map(String.init)
            guard let address = SocketAddress(parts[0]) else {
                throw RedisError(.configuration, "the Redis address must be unix:/path, with a path that fits a socket")
            }
            self.init(address: address)
            if parts.count > 1 {
                guard parts[1].hasPrefix("db="), let database = Self.database(parts[1].dropFirst(3)) else {
                    throw RedisError(.configuration, "the Redis address may only end in ?db= and a number")
                }
                self.database = database
            }
            return
        }
        guard url.hasPrefix("redis://") else {
            throw RedisError(.configuration, "the Redis address must begin with redis:// or unix:")
        }
        var rest = url.dropFirst("redis://".count)
        var username: String?
        var password: String?
        // The last one: a password may hold an "@" that someone forgot to encode.
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.map(Self.percentDecoded)
            guard decoded.allSatisfy({ $0 != nil }) else {
                throw RedisError(.configuration, "user or password of the Redis address are not percent-encoded")
            }
            // Alone, it is the password of the default user, as other clients have it too.
            if decoded.count == 1 { password = decoded[0] } else { (username, password) = (decoded[0], decoded[1]) }
            if username?.isEmpty == true { username = nil }
            rest = rest[rest.index(after: at)...]
        }
        var database = 0
        if let slash = rest.firstIndex(of: "/") {
            let text = rest[rest.index(after: slash)...]
            guard text.isEmpty || Self.database(text) != nil else {
                throw RedisError(.configuration, "the Redis address must end in the number of a database")
            }
            database = Self.database(text) ?? 0
            rest = rest[..<slash]
        }
        let hasPort = rest.last != "]" && rest.contains(":")
        guard !rest.isEmpty, let address = SocketAddress(hasPort ? String(rest) : "\(rest):6379") else {
            throw RedisError(.configuration, "the Redis address must be redis://host:port/database")
        }
        self.init(address: address, username: username, password: password, database: database)
    }

    private static func database(_ text: Substring) -> Int? {
        Int(text).flatMap { (0..<1_000_000).contains($0) ? $0 : nil }
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let digits = String(rest.prefix(2)), digits.utf8.count == 2, let value = UInt8(digits, radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
