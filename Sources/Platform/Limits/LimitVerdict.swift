/// What a limit said to one attempt, with what a client wants to know of it.
package struct LimitVerdict: Sendable, Hashable {
    package let limit: RateLimit
    package let isAllowed: Bool
    /// How many more would pass now.
    package let remaining: Int
    /// How long until one passes; zero when this one did.
    package let retryAfter: Duration
    /// How long until all of ``RateLimit/count`` would pass again.
    package let resetAfter: Duration

    /// The header fields that tell a client of it.
    ///
    /// `RateLimit` and `RateLimit-Policy` are those of the IETF's draft-ietf-httpapi-ratelimit-headers; `X-RateLimit-*`
    /// are what most clients read today. All times are whole seconds, rounded up.
    package var fields: [(name: String, value: String)] {
        let reset = Self.seconds(resetAfter)
        return [
            ("RateLimit-Policy", "\"\(limit.name)\";q=\(limit.count);w=\(limit.seconds)"),
            ("RateLimit", "\"\(limit.name)\";r=\(remaining);t=\(isAllowed ? reset : Self.seconds(retryAfter))"),
            ("X-RateLimit-Limit", "\(limit.count)"), ("X-RateLimit-Remaining", "\(remaining)"),
            ("X-RateLimit-Reset", "\(reset)"),
        ]
    }

    private static func seconds(_ duration: Duration) -> Int64 {
        duration.components.seconds + (duration.components.attoseconds > 0 ? 1 : 0)
    }
}
