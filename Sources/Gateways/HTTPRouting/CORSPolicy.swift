import HTTPTypes

/// Which web pages of other origins may call the API from a browser (Fetch Standard, section 3.2).
///
/// The API knows no cookies, so a page can do no more than its own token allows; credentials are never allowed.
package struct CORSPolicy: Sendable {
    /// No page but our own.
    package static let none = CORSPolicy(allowedOrigins: [])

    /// `https://app.example`, as browsers write origins; `*` for any.
    package var allowedOrigins: Set<String>

    package init(allowedOrigins: Set<String>) { self.allowedOrigins = allowedOrigins }

    /// What a browser has to see to let the page read an answer; empty when it must not.
    func headers(origin: String?) -> [(String, String)] {
        guard !allowedOrigins.isEmpty else { return [] }
        if allowedOrigins.contains("*") {
            return [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", Self.exposed)]
        }
        // Caches must not give one origin's answer to another.
        guard let origin, allowedOrigins.contains(origin) else { return [("Vary", "Origin")] }
        return [
            ("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", Self.exposed),
            ("Vary", "Origin"),
        ]
    }

    /// What is added to the answer to a browser's question before the request itself.
    func preflight(_ request: HTTPRequest, methods: String) -> [(String, String)] {
        guard request.headers["Access-Control-Request-Method"] != nil else { return [] }
        return [
            ("Access-Control-Allow-Methods", methods),
            ("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, X-Request-Id"),
            ("Access-Control-Max-Age", "600"),
        ]
    }

    private static let exposed =
        "Link, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id"
}
