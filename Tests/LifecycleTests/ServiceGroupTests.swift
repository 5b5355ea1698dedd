import Lifecycle
import Synchronization
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ServiceGroupTests {
    private final class Journal: Sendable {
        let lines = Mutex<[String]>([])
        func note(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    private struct Failure: Error {}

    private final class Recorded: Service {
        let name: String
        let journal: Journal
        let started = Latch()
        let stop = Latch()
        let fails: Bool

        init(_ name: String, _ journal: Journal, fails: Bool = false) {
            self.name = name
            self.journal = journal
            self.fails = fails
        }

        func run() async throws {
            started.open()
            if fails { throw Failure() }
            await stop.wait()
            journal.note("\(name) stopped")
        }

        func shutdown() {
            journal.note("\(name) asked")
            stop.open()
        }
    }

    @Test func `services stop in the reverse order, each after the one that follows it`() async throws {
        let journal = Journal()
        let services = ["a", "b", "c"].map { Recorded($0, journal) }
        let group = ServiceGroup(services, logger: .silent)
        async let running: Void = group.run()
        for service in services { await service.started.wait() }
        group.shutdown()
        group.shutdown()
        try await running
        #expect(journal.all == ["c asked", "c stopped", "b asked", "b stopped", "a asked", "a stopped"])
    }

    @Test func `a service that fails stops the others and its error is thrown`() async {
        let journal = Journal()
        let group = ServiceGroup([Recorded("a", journal), Recorded("b", journal, fails: true)], logger: .silent)
        await #expect(throws: Failure.self) { try await group.run() }
        #expect(journal.all.contains("a stopped"))
    }

    @Test func `a service that does not stop is cancelled after the grace time`() async throws {
        struct Stubborn: Service {
            let name = "stubborn"
            func run() async throws { try await Task.sleep(for: .seconds(3600)) }
            func shutdown() {}
        }
        let group = ServiceGroup([Stubborn()], grace: .milliseconds(1), logger: .silent)
        group.shutdown()
        try await group.run()
    }

    @Test func `waits grow to their bound and no further`() {
        var backoff = Backoff(first: .milliseconds(100), max: .seconds(1))
        #expect((0..<6).map { backoff.bound($0) } == [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
        #expect(backoff.bound(4000) == .seconds(1))
        for _ in 0..<100 { #expect(backoff.next() <= .seconds(1)) }
    }
}
