internal import EventLoop

/// A `ws:` or `wss:` URL (RFC 6455, section 3), taken apart.
struct WebSocketURL {
    let isSecure: Bool
    let host: String
    let port: UInt16
    /// Path and query as they are sent.
    let target: String

    /// What the `Host` field says.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    var address: SocketAddress { .tcp(host: host, port: port) }

    init(_ text: String) throws(WebSocketError) {
        let failure = WebSocketError(.invalidRequest, "a WebSocket URL looks like ws://host:port/path")
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }),
            let mark = text.firstRange(of: "://")
        else { throw failure }
        switch text[..<mark.lowerBound].lowercased() {
        case "ws": isSecure = false
        case "wss": isSecure = true
        default: throw failure
        }
        let rest = text[mark.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<end]
        let tail = rest[end...]
        target = tail.hasPrefix("/") ? String(tail) : "/" + tail
        guard !authority.isEmpty, !authority.contains("@") else { throw failure }
        var name = authority
        var number: Substring?
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            name = authority[..<colon]
            number = authority[authority.index(after: colon)...]
        }
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        guard !name.isEmpty else { throw failure }
        host = String(name)
        if let number {
            guard let port = UInt16(number), port > 0 else { throw failure }
            self.port = port
        } else {
            port = isSecure ? 443 : 80
        }
    }
}
