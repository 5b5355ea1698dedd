/// How often something may happen: so many at once from rest, and evenly so many in each period after that.
package struct RateLimit: Sendable, Hashable {
    /// As clients read it in `RateLimit-Policy`: lower-case letters, digits and hyphens.
    package let name: String
    package let count: Int
    package let period: Duration

    package init(_ name: String, _ count: Int, per period: Duration) {
        precondition(count > 0 && period > .zero, "a limit lets something through")
        self.name = name
        self.count = count
        self.period = period
    }

    /// The policy's window in whole seconds, at least 1.
    package var seconds: Int64 { max(1, period.components.seconds) }
}
