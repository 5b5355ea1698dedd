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
        let ready = Latch()

        init(_ name: String, _ journal: Journal, fails: Bool = false, isReady: Bool = true) {
            self.name = name
            self.journal = journal
            self.fails = fails
            if isReady { ready.open() }
        }

        var obstacle: String? { ready.isOpen ? nil : "\(name) waits for the moon" }

        func waitUntilReady() async throws {
            await ready.wait()
            journal.note("\(name) ready")
        }

        func run() async throws {
            journal.note("\(name) runs")
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
        #expect(
            journal.all.suffix(6) == ["c asked", "c stopped", "b asked", "b stopped", "a asked", "a stopped"])
    }

    @Test func `a service starts when the one before it is ready, and all are when the last is`() async throws {
        let journal = Journal()
        let services = ["a", "b"].map { Recorded($0, journal, isReady: false) }
        let group = ServiceGroup(services, logger: .silent)
        let all = Latch()
        async let running: Void = group.run {
            journal.note("all ready")
            all.open()
        }
        await services[0].started.wait()
        #expect(journal.all == ["a runs"])
        #expect(group.obstacles.map(\.words) == ["a waits for the moon", "b waits for the moon"])
        services[0].ready.open()
        await services[1].started.wait()
        #expect(!all.isOpen)
        services[1].ready.open()
        await all.wait()
        #expect(journal.all == ["a runs", "a ready", "b runs", "b ready", "all ready"])
        #expect(group.obstacles.isEmpty)
        group.shutdown()
        try await running
    }

    @Test func `a service that does not get ready ends the start, and the error says what it waited for`() async {
        let journal = Journal()
        let services = [
            Recorded("a", journal), Recorded("b", journal, isReady: false), Recorded("c", journal),
        ]
        let group = ServiceGroup(services, startLimit: .milliseconds(5), logger: .silent)
        await #expect {
            try await group.run { journal.note("all ready") }
        } throws: { error in
            "\(error)".hasPrefix("b: not ready within ") && "\(error)".hasSuffix("; b waits for the moon")
        }
        #expect(!journal.all.contains("c runs") && !journal.all.contains("all ready"))
        #expect(journal.all.suffix(4) == ["b asked", "b stopped", "a asked", "a stopped"])
    }

    @Test func `a service that will never be ready ends the start with its reason`() async {
        struct Refusing: Service {
            let name = "refusing"
            let stop = Latch()
            func waitUntilReady() async throws { throw Failure() }
            func run() async throws { await stop.wait() }
            func shutdown() { stop.open() }
        }
        let journal = Journal()
        let group = ServiceGroup([Refusing(), Recorded("b", journal)], logger: .silent)
        await #expect(throws: Failure.self) { try await group.run() }
        #expect(journal.all.isEmpty)
    }

    @Test func `a stop during the start ends what was started, and begins nothing more`() async throws {
        let journal = Journal()
        let services = [Recorded("a", journal), Recorded("b", journal, isReady: false), Recorded("c", journal)]
        let group = ServiceGroup(services, logger: .silent)
        async let running: Void = group.run { journal.note("all ready") }
        await services[1].started.wait()
        group.shutdown()
        try await running
        #expect(!journal.all.contains("c runs") && !journal.all.contains("all ready"))
        #expect(journal.all.suffix(4) == ["b asked", "b stopped", "a asked", "a stopped"])
    }

    @Test func `a service that ends during the start ends the start`() async {
        let journal = Journal()
        let group = ServiceGroup(
            [Recorded("a", journal, fails: true, isReady: false), Recorded("b", journal)], logger: .silent)
        await #expect(throws: Failure.self) { try await group.run() }
        #expect(!journal.all.contains("b runs"))
    }

    @Test func `a service that heeds nothing does not keep the others from their end`() async throws {
        struct Deaf: Service {
            let name = "deaf"
            let release: Latch
            var endLimit: Duration { .milliseconds(1) }
            func run() async throws {
                // Unheard by whoever cancels the caller.
                await Task { _ = await release.wait() }.value
            }
            func shutdown() {}
        }
        let journal = Journal()
        let release = Latch()
        let group = ServiceGroup(
            [Recorded("a", journal), Deaf(release: release)], cancelLimit: .milliseconds(1), logger: .silent)
        try await group.run { group.shutdown() }
        #expect(journal.all.suffix(2) == ["a asked", "a stopped"])
        release.open()
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
            var endLimit: Duration { .milliseconds(1) }
            func run() async throws { try await Task.sleep(for: .seconds(3600)) }
            func shutdown() {}
        }
        let group = ServiceGroup([Stubborn()], logger: .silent)
        try await group.run { group.shutdown() }
    }

    @Test func `waits grow to their bound and no further`() {
        var backoff = Backoff(first: .milliseconds(100), max: .seconds(1))
        #expect((0..<6).map { backoff.bound($0) } == [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
        #expect(backoff.bound(4000) == .seconds(1))
        for _ in 0..<100 { #expect(backoff.next() <= .seconds(1)) }
    }
}
