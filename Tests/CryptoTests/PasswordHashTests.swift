import Synchronization
import Testing

@testable import Crypto

@Suite(.timeLimit(.minutes(1)))
struct PasswordHashTests {
    /// The vectors of Openwall's crypt_blowfish.
    @Test(arguments: [
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
        ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
        ("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
    ])
    func `known hashes verify`(password: String, hash: String) async throws {
        #expect(try await PasswordHash.verify(password, hash))
        #expect(try await !PasswordHash.verify(password + "x", hash))
        #expect(PasswordHash.needsRenewal(hash))
    }

    @Test func `a hash verifies its password and no other`() async throws {
        let hash = try await PasswordHash.hash("correct horse", cost: 4)
        #expect(hash.hasPrefix("$2b$04$") && hash.utf8.count == 60)
        #expect(try await PasswordHash.verify("correct horse", hash))
        #expect(try await !PasswordHash.verify("correct horsf", hash))
        #expect(try await PasswordHash.hash("correct horse", cost: 4) != hash)
        #expect(PasswordHash.needsRenewal(hash) && !PasswordHash.needsRenewal(hash, cost: 4))
    }

    @Test func `every byte of a long password and those behind a zero count`() async throws {
        for common in [String(repeating: "x", count: 72), "a\0", String(repeating: "ü", count: 40)] {
            let hash = try await PasswordHash.hash(common + "1", cost: 4)
            #expect(try await PasswordHash.verify(common + "1", hash))
            #expect(try await !PasswordHash.verify(common + "2", hash))
            #expect(try await !PasswordHash.verify(common, hash))
        }
    }

    @Test(arguments: [
        nil, "", "*0", "$2b$04$", "$1$abc$def", "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$0x$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$04$!!!!!!!!!!!!!!!!!!!!!!E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    ])
    func `nothing verifies without a good hash`(hash: String?) async throws {
        #expect(try await !PasswordHash.verify("secret", hash, cost: 4))
    }

    @Test func `those who would wait too long are turned away and nobody else`() async throws {
        let workers = HashWorkers(count: 1, capacity: 1)
        let (started, reportStart) = AsyncStream<Void>.makeStream()
        let release = Mutex(false)
        let busy = Task {
            try await workers.run {
                reportStart.yield()
                while !release.withLock({ $0 }) {}
            }
        }
        for await _ in started { break }
        let waiting = Task { try await workers.run { 7 } }
        while workers.waitingCount == 0 { await Task.yield() }
        await #expect(throws: CryptoError.self) { try await workers.run {} }
        release.withLock { $0 = true }
        try await busy.value
        #expect(try await waiting.value == 7)
    }

    @Test func `who asks for much waits behind itself, and makes room for others`() {
        var queue = FairQueue<String>(capacity: 4)
        for name in ["a1", "a2", "a3", "a4"] { #expect(queue.append(name, to: 1) == nil) }
        #expect(queue.append("a5", to: 1) == "a5")
        #expect(queue.append("b1", to: 2) == "a4")
        #expect(queue.append("c1", to: 3) == "a3")
        // Nobody has more than the newcomer would have.
        #expect(queue.append("b2", to: 2) == "b2")
        #expect((0..<5).map { _ in queue.next() } == ["a1", "b1", "c1", "a2", nil])
        #expect(queue.append("a6", to: 1) == nil && queue.count == 1)
    }

    @Test func `what has no work takes the time of what had, and works once in a while`() {
        let start = ContinuousClock.now
        var times = WorkTimes()
        #expect(times.plan(now: start) { _ in 0 } == .work)
        // The first is under way: there is no time to take yet.
        #expect(times.plan(now: start) { _ in 0 } == .wait(.zero))
        times.record(.milliseconds(250), now: start)
        times.workEnded()
        times.record(.milliseconds(300), now: start)
        #expect(times.plan(now: start) { $0 - 1 } == .wait(.milliseconds(300)))
        #expect(times.plan(now: start + .seconds(2)) { _ in 0 } == .work)
        for _ in 0..<100 { times.record(.milliseconds(1), now: start + .seconds(2)) }
        #expect(times.plan(now: start + .seconds(2)) { $0 - 1 } == .wait(.milliseconds(1)))
        var kept = 0
        _ = times.plan(now: start + .seconds(2)) { count in
            kept = count
            return 0
        }
        #expect(kept == 32)
    }
}
