import ChatModel
import Limits

/// The limits of one node on what is asked for too often, but for log-ins.
final class ServiceLimits: Sendable {
    let logins: LoginLimits
    let passwords: RateLimiter
    let registrations: RateLimiter
    let refreshes: RateLimiter
    let sends: RateLimiter
    let bridgePosts: RateLimiter
    let hookPosts: RateLimiter
    let hookFailures: RateLimiter
    let searches: RateLimiter
    let polls: RateLimiter
    let waitingPolls: ConcurrencyLimiter

    init(_ rates: ChatRates) {
        logins = LoginLimits(rates)
        passwords = RateLimiter(RateLimit("passwords", rates.loginFailures, per: .seconds(60)))
        registrations = RateLimiter(RateLimit("registrations", rates.registrationsPerMinute, per: .seconds(60)))
        refreshes = RateLimiter(RateLimit("refreshes", rates.refreshesPerMinute, per: .seconds(60)))
        sends = RateLimiter(RateLimit("sends", Self.tenfold(rates.sendsPerSecond), per: .seconds(10)))
        bridgePosts = RateLimiter(
            RateLimit("bridge-posts", Self.tenfold(rates.bridgePostsPerSecond), per: .seconds(10)))
        hookPosts = RateLimiter(RateLimit("hook-posts", Self.tenfold(rates.hookPostsPerSecond), per: .seconds(10)))
        hookFailures = RateLimiter(RateLimit("unknown-hooks", rates.hookFailures, per: .seconds(60)))
        searches = RateLimiter(RateLimit("searches", rates.searchesPerMinute, per: .seconds(60)))
        polls = RateLimiter(RateLimit("polls", Self.tenfold(rates.pollsPerSecond), per: .seconds(10)))
        waitingPolls = ConcurrencyLimiter(rates.waitingPolls)
    }

    /// Lets other numbers pass from now on; what was counted stays counted.
    func change(_ rates: ChatRates) {
        logins.change(rates)
        passwords.change(count: rates.loginFailures)
        registrations.change(count: rates.registrationsPerMinute)
        refreshes.change(count: rates.refreshesPerMinute)
        sends.change(count: Self.tenfold(rates.sendsPerSecond))
        bridgePosts.change(count: Self.tenfold(rates.bridgePostsPerSecond))
        hookPosts.change(count: Self.tenfold(rates.hookPostsPerSecond))
        hookFailures.change(count: rates.hookFailures)
        searches.change(count: rates.searchesPerMinute)
        polls.change(count: Self.tenfold(rates.pollsPerSecond))
        waitingPolls.maximum = rates.waitingPolls
    }

    private static func tenfold(_ count: Int) -> Int { min(count, 1_000_000) * 10 }
}

extension RateLimiter {
    /// Counts one attempt.
    ///
    /// - Throws: ``ChatError`` `overloaded` when it may not pass.
    func pass(_ key: LimitKey, _ code: String, _ description: String) throws(ChatError) {
        let verdict = take(key)
        if !verdict.isAllowed { throw ChatError.limited(code, description, verdict) }
    }
}
