import ChatTestSupport
import Postgres
import TestSupport
import Testing

@testable import ChatStore

@Suite(.timeLimit(.minutes(1)))
struct LeaseTests {
    @Test func `one at a time has a lease, and each taking has a higher number`() async throws {
        let fixture = try await ChatFixture.shared()
        let store = fixture.store
        let name = fixture.servers.uniqueName("lease")
        #expect(try await store.leaseNumber(name) == nil)
        let taken = try await withThrowingTaskGroup(of: Int64?.self) { tasks in
            for index in 0..<8 {
                tasks.addTask { try await store.acquireLease(name, holder: "\(index)", for: .seconds(60)) }
            }
            return try await tasks.reduce(into: [Int64]()) { if let number = $1 { $0.append(number) } }
        }
        let first = try #require(taken.first)
        #expect(taken.count == 1)
        #expect(try await store.renewLease(name, number: first, for: .seconds(60)))
        #expect(try await !store.renewLease(name, number: first - 1, for: .seconds(60)))
        try await store.releaseLease(name, number: first - 1)
        #expect(try await store.acquireLease(name, holder: "heir", for: .seconds(60)) == nil)
        try await store.releaseLease(name, number: first)
        #expect(try await !store.renewLease(name, number: first, for: .seconds(60)))
        let second = try #require(try await store.acquireLease(name, holder: "heir", for: .seconds(60)))
        #expect(second > first)
        // Who asks again for its own gets it, under a new number.
        #expect(try #require(try await store.acquireLease(name, holder: "heir", for: .seconds(60))) > second)
    }

    @Test func `a lease runs out, and one from before the clock was set back does too`() async throws {
        let fixture = try await ChatFixture.shared()
        let store = fixture.store
        for change in ["now() - interval '1 millisecond'", "now() + interval '5 hours'"] {
            let name = fixture.servers.uniqueName("lease")
            let first = try #require(try await store.acquireLease(name, holder: "a", for: .seconds(60)))
            #expect(try await store.acquireLease(name, holder: "b", for: .seconds(60)) == nil)
            try await store.pool.execute("UPDATE leases SET expires_at = \(change) WHERE name = $1", name)
            #expect(
                try #require(try await store.acquireLease(name, holder: "b", for: .seconds(60))) > first, "\(change)")
            #expect(try await !store.renewLease(name, number: first, for: .seconds(60)))
        }
    }

    @Test func `of many who take a lease from one another the last has the highest number`() async throws {
        let fixture = try await ChatFixture.shared()
        let store = fixture.store
        let name = fixture.servers.uniqueName("lease")
        let numbers = try await withThrowingTaskGroup(of: Int64.self) { tasks in
            for _ in 0..<20 { tasks.addTask { try await store.claimLease(name, holder: "x") } }
            return try await tasks.reduce(into: [Int64]()) { $0.append($1) }
        }
        #expect(Set(numbers).count == 20)
        #expect(try await store.leaseNumber(name) == numbers.max())
        #expect(try await store.acquireLease(name, holder: "y", for: .seconds(60)) == nil)
    }
}
