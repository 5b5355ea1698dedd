import ChatModel
import Limits

/// Limits guesses at passwords so that nobody is shut out by the guesses of others.
///
/// - An account has a bucket for each address, so a stranger's guesses wear out the stranger's.
/// - An address has one for all accounts that never logged in from it, so that nobody tries one password on everybody.
/// - An account has one for all strangers' addresses. When it is overfull they are slowed, and not refused: its owner may
///   be among them, on a journey.
/// - Handles that nobody has are counted apart. They cost no hash, and wear out nothing that an account needs.
///
/// A right password is given back, so that only wrong ones count. Attempts are counted before they are judged: what is
/// tried side by side is limited too.
final class LoginLimits: Sendable {
    /// What was counted for one attempt.
    struct Attempt: Sendable {
        fileprivate let address: LimitKey
        fileprivate let place: LimitKey
        fileprivate let account: LimitKey?
        fileprivate let isFamiliar: Bool
        /// How long the attempt has to wait before it is judged.
        let delay: Duration
        /// Whom the password's hash is computed for.
        var lane: UInt64 { address.lane }
    }

    /// The longest that a stranger is kept waiting.
    static let maximumDelay = Duration.seconds(8)

    private let places: RateLimiter
    private let unknown: RateLimiter
    private let addresses: RateLimiter
    private let accounts: RateLimiter
    /// Accounts with the addresses from which they logged in; forgotten with the process.
    private let familiar = RecentKeys()

    init(_ rates: ChatRates) {
        places = RateLimiter(RateLimit("log-ins", rates.loginFailures, per: .seconds(60)))
        unknown = RateLimiter(RateLimit("log-ins", rates.loginFailures, per: .seconds(60)))
        addresses = RateLimiter(
            RateLimit("log-ins-of-an-address", rates.loginFailuresPerAddress, per: .seconds(60)))
        accounts = RateLimiter(
            RateLimit("log-ins-to-an-account", rates.loginFailuresPerAccount, per: .seconds(3600)),
            overdraft: Self.maximumDelay)
    }

    /// Lets other numbers pass from now on.
    func change(_ rates: ChatRates) {
        places.change(count: rates.loginFailures)
        unknown.change(count: rates.loginFailures)
        addresses.change(count: rates.loginFailuresPerAddress)
        accounts.change(count: rates.loginFailuresPerAccount)
    }

    /// Counts an attempt, as if the password were wrong.
    ///
    /// - Parameters:
    ///   - account: Nil when nobody has the handle.
    ///   - handle: As it was given, bounded.
    /// - Throws: ``ChatError`` when there were too many.
    func begin(
        account: UserID?, handle: String, address: String, now: ContinuousClock.Instant = .now
    ) throws(ChatError) -> Attempt {
        let address = LimitKey(address: address)
        guard let account else {
            let place = address.with(text: handle.lowercased())
            try Self.check(unknown.take(place, now: now))
            // The answer is the one that an account would get.
            try Self.check(addresses.look(address, now: now))
            return Attempt(address: address, place: place, account: nil, isFamiliar: false, delay: .zero)
        }
        let place = address.with(account.rawValue)
        try Self.check(places.take(place, now: now))
        let key = LimitKey(account.rawValue)
        if familiar.contains(place) {
            return Attempt(address: address, place: place, account: key, isFamiliar: true, delay: .zero)
        }
        let verdict = addresses.take(address, now: now)
        guard verdict.isAllowed else {
            places.giveBack(place, now: now)
            throw Self.refusal(verdict)
        }
        let excess = accounts.charge(key, now: now)
        return Attempt(
            address: address, place: place, account: key, isFamiliar: false, delay: min(excess, Self.maximumDelay))
    }

    /// The password was right: nothing was guessed, and the address is known from now on.
    func succeeded(_ attempt: Attempt, now: ContinuousClock.Instant = .now) {
        guard let account = attempt.account else { return }
        giveBack(attempt, account, now)
        familiar.insert(attempt.place)
    }

    /// The password was not judged: nothing was guessed.
    func abandoned(_ attempt: Attempt, now: ContinuousClock.Instant = .now) {
        guard let account = attempt.account else { return unknown.giveBack(attempt.place, now: now) }
        giveBack(attempt, account, now)
    }

    private func giveBack(_ attempt: Attempt, _ account: LimitKey, _ now: ContinuousClock.Instant) {
        places.giveBack(attempt.place, now: now)
        guard !attempt.isFamiliar else { return }
        addresses.giveBack(attempt.address, now: now)
        accounts.giveBack(account, now: now)
    }

    private static func check(_ verdict: LimitVerdict) throws(ChatError) {
        if !verdict.isAllowed { throw refusal(verdict) }
    }

    private static func refusal(_ verdict: LimitVerdict) -> ChatError {
        ChatError.limited("too_many_attempts", "Too many wrong passwords; wait a little before the next one.", verdict)
    }
}
