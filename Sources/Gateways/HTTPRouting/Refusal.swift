import HTTPTypes

/// A way in which requests are refused that many routes share, as the API's description tells it.
struct Refusal: Sendable {
    /// The status, or `default` for those that are not named.
    let status: String
    /// The name of the component.
    let name: String
    let reason: String
    /// Whether a route with these traits may answer so.
    let applies: @Sendable (Traits) -> Bool

    struct Traits: Sendable {
        let access: Access
        let hasBody: Bool
        let hasPath: Bool
        let isWrite: Bool

        enum Access: Sendable { case open, optional, required }
    }

    private init(_ status: String, _ name: String, _ reason: String, applies: @escaping @Sendable (Traits) -> Bool) {
        self.status = status
        self.name = name
        self.reason = reason
        self.applies = applies
    }

    static let all = [
        Refusal("400", "BadRequest", "The request cannot be read: its path, its query, a header or its JSON.") { _ in
            true
        },
        Refusal("401", "Unauthorized", "The token or the password is missing, wrong, or good no longer.") {
            $0.access != .open || $0.hasBody
        },
        Refusal("403", "Forbidden", "Whoever asks may not do this.") { $0.access == .required || $0.hasBody },
        Refusal("404", "NotFound", "There is no such thing, or whoever asks may not see it.") {
            $0.hasPath || $0.hasBody || $0.access == .required
        },
        Refusal("409", "Conflict", "It contradicts what is there: a name that is taken, a state that has changed.") {
            $0.isWrite
        },
        Refusal("413", "TooLarge", "The body is too large.") { $0.hasBody },
        Refusal("415", "UnsupportedMediaType", "The body is of another type.") { $0.hasBody },
        Refusal(
            "422", "Unprocessable", "The request can be read, but a value in it cannot be used; `pointer` says which."
        ) {
            $0.hasBody || $0.hasPath || $0.access == .required
        },
        Refusal("429", "TooManyRequests", "Too many requests; `Retry-After` says when to try again.") { _ in true },
        Refusal("503", "Unavailable", "This cannot be served just now; `Retry-After` says when to try again.") { _ in
            true
        },
        Refusal("default", "Problem", "Why the request was not served (RFC 9457).") { _ in true },
    ]

    func concerns<Principal>(_ route: Route<Principal>) -> Bool {
        let access: Traits.Access =
            switch route.access {
            case .open: .open
            case .optional: .optional
            case .required: .required
            }
        return applies(
            Traits(
                access: access, hasBody: route.body != nil || !route.accepts.isEmpty,
                hasPath: route.template.contains("{"), isWrite: route.method != .get))
    }
}
