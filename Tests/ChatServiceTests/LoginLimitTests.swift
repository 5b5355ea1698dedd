import ChatModel
import Testing

@testable import ChatService

/// Who guesses at passwords is held up; who knows one is not.
@Suite struct LoginLimitTests {
    private let start = ContinuousClock.now
    private let owner = UserID(1)

    private func limits(failures: Int = 3, perAddress: Int = 5, perAccount: Int = 6) -> LoginLimits {
        var rates = ChatRates()
        rates.loginFailures = failures
        rates.loginFailuresPerAddress = perAddress
        rates.loginFailuresPerAccount = perAccount
        return LoginLimits(rates)
    }

    private func begin(
        _ limits: LoginLimits, _ account: Int64?, from address: String, handle: String = "x", after: Duration = .zero
    ) -> LoginLimits.Attempt? {
        try? limits.begin(
            account: account.map { UserID($0) }, handle: handle, address: address, now: start + after)
    }

    @Test func `guesses at one account wear out the guesser's address, and no other`() throws {
        let limits = limits()
        for _ in 0..<3 { #expect(begin(limits, 1, from: "6.6.6.6") != nil) }
        let error = #expect(throws: ChatError.self) {
            try limits.begin(account: owner, handle: "x", address: "6.6.6.6", now: start)
        }
        #expect(error?.code == "too_many_attempts" && error?.retryAfter == .seconds(20))
        #expect(begin(limits, 1, from: "10.0.0.1") != nil)
        #expect(begin(limits, 2, from: "6.6.6.6") != nil)
        #expect(begin(limits, 1, from: "6.6.6.6", after: .seconds(20)) != nil)
    }

    @Test func `a right password is not counted`() throws {
        let limits = limits()
        for _ in 0..<50 {
            let attempt = try #require(begin(limits, 1, from: "10.0.0.1"))
            #expect(attempt.delay == .zero)
            limits.succeeded(attempt, now: start)
        }
        // Neither is one that could not be judged.
        for _ in 0..<50 { limits.abandoned(try #require(begin(limits, 1, from: "10.0.0.2")), now: start) }
        for _ in 0..<50 { limits.abandoned(try #require(begin(limits, nil, from: "10.0.0.2")), now: start) }
    }

    @Test func `one password for everybody is stopped, but not for who was there before`() throws {
        let limits = limits()
        limits.succeeded(try #require(begin(limits, 1, from: "10.0.0.1")), now: start)
        for account in 2..<7 { #expect(begin(limits, Int64(account), from: "10.0.0.1") != nil) }
        #expect(begin(limits, 7, from: "10.0.0.1") == nil)
        // Nobody learns from the answer whether there is an account.
        #expect(begin(limits, nil, from: "10.0.0.1") == nil)
        #expect(begin(limits, 1, from: "10.0.0.1") != nil)
        #expect(begin(limits, 7, from: "10.0.0.2") != nil)
    }

    @Test func `strangers from everywhere are slowed and not refused, and familiar addresses are not even slowed`()
        throws
    {
        let limits = limits()
        limits.succeeded(try #require(begin(limits, 1, from: "10.0.0.1")), now: start)
        for number in 0..<6 { #expect(begin(limits, 1, from: "6.6.0.\(number)")?.delay == .zero) }
        for number in 6..<200 {
            let delay = try #require(begin(limits, 1, from: "6.6.0.\(number)")).delay
            #expect(delay > .zero && delay <= LoginLimits.maximumDelay)
        }
        #expect(begin(limits, 1, from: "10.0.0.1")?.delay == .zero)
        #expect(begin(limits, 2, from: "6.6.0.9")?.delay == .zero)
        #expect(begin(limits, 1, from: "6.6.1.1", after: .seconds(3600 + 8))?.delay == .zero)
    }

    @Test func `invented handles wear out nothing that an account needs`() {
        let limits = limits()
        for number in 0..<20_000 { _ = begin(limits, nil, from: "127.0.0.1", handle: "nobody\(number)") }
        #expect(begin(limits, 1, from: "127.0.0.1")?.delay == .zero)
        // The same one again is limited like an account.
        for _ in 0..<3 { #expect(begin(limits, nil, from: "10.9.9.9", handle: "Ghost") != nil) }
        #expect(begin(limits, nil, from: "10.9.9.9", handle: "gHOST") == nil)
    }
}
