import ChatModel
import Limits

extension ChatService {
    /// Lets one request for events through; what waits counts as long as it waits.
    ///
    /// - Parameter isWaiting: Whether it waits for an event.
    /// - Throws: ``ChatError`` `overloaded` when the principal asks too often, or too many of its requests wait already.
    package func polling<Value>(
        _ principal: Principal, isWaiting: Bool, _ body: () async throws -> Value
    ) async throws -> Value {
        let key = LimitKey(principal.userID.rawValue)
        try limits.polls.pass(key, "rate_limited", "You are asking for events too often; use `wait`.")
        guard isWaiting else { return try await body() }
        guard limits.waitingPolls.enter(key) else {
            throw ChatError(
                .overloaded, "too_many_polls",
                "At most \(limits.waitingPolls.maximum) requests for events of one account wait at a time.",
                retryAfter: .seconds(1))
        }
        defer { limits.waitingPolls.leave(key) }
        return try await body()
    }

    /// Counts a post to a hook that there is.
    ///
    /// - Throws: ``ChatError`` `overloaded` when there were too many.
    package func countHookPost(_ hook: Int64) throws(ChatError) {
        try limits.hookPosts.pass(
            LimitKey(hook), "rate_limited", "This webhook is posted to too fast; wait a little.")
    }

    /// Counts a post to a hook that is not there.
    ///
    /// - Throws: ``ChatError`` `overloaded` after too many from one address.
    package func countHookFailure(_ address: String) throws(ChatError) {
        try limits.hookFailures.pass(
            LimitKey(address: address), "rate_limited",
            "Too many posts from here to webhooks that are not there; wait a little.")
    }
}
