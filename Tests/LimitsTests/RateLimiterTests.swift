import Testing

@testable import Limits

@Suite struct RateLimiterTests {
    private let start = ContinuousClock.now

    private func limiter(_ count: Int, capacity: Int = 1000, overdraft: Duration = .zero) -> RateLimiter {
        RateLimiter(RateLimit("tries", count, per: .seconds(60)), capacity: capacity, overdraft: overdraft, now: start)
    }

    @Test func `from rest as many pass as the limit says, then one each share of the period`() {
        let limiter = limiter(3)
        let key = LimitKey(text: "a")
        #expect((0..<3).map { _ in limiter.take(key, now: start).remaining } == [2, 1, 0])
        let refused = limiter.take(key, now: start)
        #expect(!refused.isAllowed && refused.retryAfter == .seconds(20) && refused.resetAfter == .seconds(60))
        // Being refused costs nothing: the wait does not grow.
        #expect(limiter.take(key, now: start + .seconds(5)).retryAfter == .seconds(15))
        #expect(limiter.take(key, now: start + .seconds(20)).isAllowed)
        #expect(!limiter.take(key, now: start + .seconds(20)).isAllowed)
        #expect(limiter.take(LimitKey(text: "b"), now: start).isAllowed)
        #expect((0..<3).allSatisfy { _ in limiter.take(key, now: start + .seconds(300)).isAllowed })
    }

    @Test func `a limit that is changed holds at once, and what was counted stays counted`() {
        let limiter = limiter(2)
        let key = LimitKey(7)
        for _ in 0..<2 { #expect(limiter.take(key, now: start).isAllowed) }
        limiter.change(count: 6)
        #expect(!limiter.take(key, now: start).isAllowed)
        #expect(limiter.take(key, now: start + .seconds(10)).isAllowed)
        #expect(limiter.take(LimitKey(8), now: start).limit.count == 6)
        limiter.change(count: 1)
        #expect(limiter.take(LimitKey(9), now: start).isAllowed && !limiter.take(LimitKey(9), now: start).isAllowed)
    }

    @Test func `what is given back may pass again, and never more than there was`() {
        let limiter = limiter(2)
        let key = LimitKey(7)
        for _ in 0..<2 { _ = limiter.take(key, now: start) }
        limiter.giveBack(key, now: start)
        #expect(limiter.take(key, now: start).isAllowed)
        #expect(!limiter.take(key, now: start).isAllowed)
        for _ in 0..<9 { limiter.giveBack(key, now: start) }
        #expect((0..<3).map { _ in limiter.take(key, now: start).isAllowed } == [true, true, false])
    }

    @Test func `a charge is counted in any case and tells how far over it is, up to a bound`() {
        let limiter = limiter(2, overdraft: .seconds(45))
        let key = LimitKey(7)
        #expect((0..<5).map { _ in limiter.charge(key, now: start) }.map(\.components.seconds) == [0, 0, 30, 45, 45])
        #expect(limiter.charge(key, now: start + .seconds(105)) == .zero)
    }

    @Test func `a look counts nothing`() {
        let limiter = limiter(1)
        let key = LimitKey(1)
        #expect((0..<3).allSatisfy { _ in limiter.look(key, now: start).isAllowed })
        _ = limiter.take(key, now: start)
        #expect(!limiter.look(key, now: start).isAllowed)
    }

    @Test func `a flood of invented keys takes bounded room and resets nobody's count`() {
        let limiter = limiter(1, capacity: 500)
        let victim = LimitKey(text: "victim")
        #expect(limiter.take(victim, now: start).isAllowed)
        for number in 0..<50_000 { _ = limiter.take(LimitKey(text: "invented \(number)"), now: start) }
        #expect(limiter.size <= 500 + 16_384)
        #expect(!limiter.take(victim, now: start + .seconds(59)).isAllowed)
        // A generation later the flood is forgotten but for the cells, and the victim's count as time says.
        #expect(limiter.take(victim, now: start + .seconds(61)).isAllowed)
        for number in 0..<50_000 {
            _ = limiter.take(LimitKey(text: "later \(number)"), now: start + .seconds(100 + Double(number) / 100))
        }
        #expect(limiter.size <= 500 + 16_384)
    }

    @Test func `keys beyond the capacity are limited too`() {
        let limiter = limiter(1, capacity: 1)
        _ = limiter.take(LimitKey(text: "first"), now: start)
        let late = LimitKey(text: "late")
        #expect(limiter.take(late, now: start).isAllowed)
        #expect(!limiter.take(late, now: start).isAllowed)
        #expect(limiter.take(late, now: start + .seconds(60)).isAllowed)
    }

    @Test func `a count outlives a change of generations`() {
        let limiter = limiter(2)
        let key = LimitKey(text: "a")
        _ = limiter.take(key, now: start + .seconds(50))
        _ = limiter.take(key, now: start + .seconds(59))
        _ = limiter.take(LimitKey(text: "b"), now: start + .seconds(61))
        #expect(!limiter.take(key, now: start + .seconds(62)).isAllowed)
        #expect(limiter.take(key, now: start + .seconds(81)).isAllowed)
    }

    @Test func `clients are told in the words of the draft and in those that they know`() {
        let limiter = limiter(3)
        let fields = limiter.take(LimitKey(1), now: start).fields.map { "\($0.name): \($0.value)" }
        #expect(
            fields == [
                "RateLimit-Policy: \"tries\";q=3;w=60", "RateLimit: \"tries\";r=2;t=20", "X-RateLimit-Limit: 3",
                "X-RateLimit-Remaining: 2", "X-RateLimit-Reset: 20",
            ])
    }

    @Test(arguments: [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:0:0:9", true), ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
        ("::1", "0:0:0:0:0:0:0:1", true), ("fe80::1%eth0", "fe80::2", true), ("10.0.0.1", "10.0.0.2", false),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", false), ("1:2:3", "1:2:4", false), ("::x", "::y", false),
        (":", "::", false),
    ])
    func `addresses of one network are one`(first: String, second: String, isSame: Bool) {
        #expect((LimitKey(address: first) == LimitKey(address: second)) == isSame)
    }

    @Test func `a key of two parts is neither of them`() {
        let address = LimitKey(address: "10.0.0.1")
        let others = [
            address.with(1), address.with(2), address.with(text: "1"), LimitKey(1), LimitKey(address: "x").with(1),
        ]
        #expect(Set([address] + others).count == 6)
        #expect(address.with(1) == LimitKey(address: "10.0.0.1").with(1))
    }

    @Test func `what is open is bounded by key, and room comes back`() {
        let limiter = ConcurrencyLimiter(2)
        #expect((0..<3).map { _ in limiter.enter(LimitKey(1)) } == [true, true, false])
        #expect(limiter.enter(LimitKey(2)))
        limiter.leave(LimitKey(1))
        #expect(limiter.enter(LimitKey(1)))
        limiter.leave(LimitKey(3))
        #expect(!limiter.enter(LimitKey(1)))
    }

    @Test func `the keys seen last are remembered, in bounded room`() {
        let keys = RecentKeys(capacity: 10)
        for number in 0..<25 { keys.insert(LimitKey(Int64(number))) }
        #expect((15..<25).allSatisfy { keys.contains(LimitKey(Int64($0))) })
        #expect(!keys.contains(LimitKey(0)))
    }
}
