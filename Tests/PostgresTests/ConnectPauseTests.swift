import Testing

@testable import Postgres

struct ConnectPauseTests {
    private let start = ContinuousClock.now
    private let error = PostgresError(.unavailable, "nobody listens")

    @Test func `a server that answers is never kept waiting`() {
        var pause = ConnectPause()
        for _ in 0..<100 { #expect(pause.refusal(at: start) == nil) }
    }

    @Test func `after a failure one caller at a time tries and the others get its error at once`() {
        var pause = ConnectPause()
        pause.failed(error, at: start)
        #expect(pause.refusal(at: start)?.message == "nobody listens")
        let later = start + .milliseconds(20)
        #expect(pause.refusal(at: later) == nil)
        #expect(pause.refusal(at: later) != nil)
    }

    @Test func `the tries in an outage of a minute are few`() {
        var pause = ConnectPause()
        var now = start
        var tries = 0
        while now < start + .seconds(60) {
            if pause.refusal(at: now) == nil {
                tries += 1
                pause.failed(error, at: now)
            }
            now += .milliseconds(1)
        }
        #expect((100..<600).contains(tries))
        pause.worked()
        #expect(pause.refusal(at: now) == nil)
    }

    @Test func `one that never tells how it went stops the others for a moment only`() {
        var pause = ConnectPause()
        pause.failed(error, at: start)
        let later = start + .seconds(1)
        #expect(pause.refusal(at: later) == nil)
        #expect(pause.refusal(at: later + .seconds(1)) == nil)
    }
}
