/// How often things may be asked for; each has a setting of the same name below `limits`.
package struct ChatRates: Sendable {
    /// Messages a second that one user may send on average over ten seconds; administrators are not limited.
    package var sendsPerSecond = 50
    /// Messages a second that one bridge may post on average over ten seconds: what many have sent, as one account.
    package var bridgePostsPerSecond = 2000
    /// Wrong passwords a minute for one account from one address.
    package var loginFailures = 10
    /// Wrong passwords a minute from one address, for all accounts that never logged in from it.
    package var loginFailuresPerAddress = 100
    /// Wrong passwords an hour for one account; beyond it log-ins from addresses that it never used are slowed.
    package var loginFailuresPerAccount = 100
    /// New accounts a minute from one address.
    package var registrationsPerMinute = 20
    /// Exchanges of refresh tokens a minute from one address.
    package var refreshesPerMinute = 600
    /// Posts a second to one incoming webhook, on average over ten seconds.
    package var hookPostsPerSecond = 50
    /// Posts a minute from one address to webhooks that are not there.
    package var hookFailures = 60
    /// Searches a minute by one user.
    package var searchesPerMinute = 120
    /// Requests for events a second by one principal, on average over ten seconds.
    package var pollsPerSecond = 50
    /// Requests for events of one principal that wait at a time.
    package var waitingPolls = 32

    package init() {}
}
