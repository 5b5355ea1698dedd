internal import HTTPTypes

/// Which fields may come behind a body.
enum Trailers {
    /// Fields that say how to read the message, who sends it or where it goes have to be known before its body; later
    /// they are ignored (RFC 9110, section 6.5.1).
    static func isAllowed(_ name: String) -> Bool {
        let name = name.lowercased()
        return !forbidden.contains(name) && !name.hasPrefix("content-") && !name.hasPrefix("if-")
            && !name.hasPrefix("x-forwarded-") && !name.hasPrefix("sec-") && !name.hasPrefix("proxy-")
    }

    private static let forbidden: Set<String> = [
        "accept-encoding", "age", "authorization", "cache-control", "connection", "cookie", "date", "expect",
        "forwarded", "host", "idempotency-key", "keep-alive", "max-forwards", "origin", "pragma", "range", "te",
        "trailer", "transfer-encoding", "upgrade", "via", "x-real-ip", "x-request-id",
    ]
}
