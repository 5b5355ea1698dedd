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
        await #expect(throws: CryptoError.self) { try await workers.run {} }
        release.withLock { $0 = true }
        try await busy.value
        #expect(try await workers.run { 7 } == 7)
    }
}
