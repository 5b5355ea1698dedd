import ChatStore
import ChatTestSupport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BridgeValueTests {
    private static let now: Int64 = 1_800_000_000_000

    private func store() async throws -> (ChatStore, String) {
        let fixture = try await ChatFixture.shared()
        return (fixture.store, fixture.servers.uniqueName("values"))
    }

    private func change(
        _ action: BridgeValueChange.Action, of key: String = "v.key", mark: String? = nil, expiresAt: Int64? = nil
    ) -> BridgeValueChange {
        var change = BridgeValueChange(key: key, action: action)
        change.mark = mark
        change.expiresAt = expiresAt
        return change
    }

    @Test func `a value is replaced, made once, added to and removed`() async throws {
        let (store, bridge) = try await store()
        func after(_ action: BridgeValueChange.Action, _ key: String) async throws -> [String?] {
            let outcome = try await store.changeBridgeValue(change(action, of: key), of: bridge, now: Self.now)
            #expect(outcome.status == .done)
            return [outcome.before, outcome.after]
        }
        #expect(try await after(.set("a"), "text") == [nil, "a"])
        #expect(try await after(.set("b"), "text") == ["a", "b"])
        #expect(try await after(.create("c"), "text") == ["b", "b"])
        #expect(try await after(.create("c"), "other") == [nil, "c"])
        #expect(try await after(.add(2), "count") == [nil, "2"])
        #expect(try await after(.add(-5), "count") == ["2", "-3"])
        #expect(try await after(.remove, "count") == ["-3", nil])
        #expect(try await after(.remove, "count") == [nil, nil])
        #expect(try await store.bridgeValue("text", of: bridge, now: Self.now) == "b")
        #expect(try await store.bridgeValue("count", of: bridge, now: Self.now) == nil)
    }

    @Test func `only whole numbers are added to`() async throws {
        let (store, bridge) = try await store()
        for text in ["", "x", "1.5", "\"1\"", "9999999999999999999", "1; DROP TABLE users", "٣"] {
            try await store.setBridgeValue(text, for: "v.key", of: bridge)
            let outcome = try await store.changeBridgeValue(change(.add(1)), of: bridge, now: Self.now)
            #expect(outcome == BridgeValueOutcome(status: .noNumber, before: text, after: text))
        }
    }

    @Test func `a change with a mark is made once`() async throws {
        let (store, bridge) = try await store()
        for _ in 1...3 {
            let outcome = try await store.changeBridgeValue(change(.add(1), mark: "m.1"), of: bridge, now: Self.now)
            #expect(outcome.before == nil && outcome.after == "1")
        }
        let other = try await store.changeBridgeValue(change(.add(1), mark: "m.2"), of: bridge, now: Self.now)
        #expect(other == BridgeValueOutcome(status: .done, before: "1", after: "2"))
        let made = try await store.changeBridgeValue(
            change(.create(#"{"a":"\u0000"}"#), of: "v.new", mark: "m.3"), of: bridge, now: Self.now)
        let again = try await store.changeBridgeValue(
            change(.create("else"), of: "v.new", mark: "m.3"), of: bridge, now: Self.now)
        #expect(made.before == nil && again.before == nil)
        #expect(again.after == made.after && again.status == .repeat)
    }

    @Test func `what many count at once is counted whole, and made by one of them`() async throws {
        let (store, bridge) = try await store()
        let makers = try await withThrowingTaskGroup { tasks in
            for number in 1...20 {
                tasks.addTask {
                    _ = try await store.changeBridgeValue(change(.add(1)), of: bridge, now: Self.now)
                    let made = try await store.changeBridgeValue(
                        change(.create("\(number)"), of: "v.first"), of: bridge, now: Self.now)
                    return made.before == nil ? 1 : 0
                }
            }
            return try await tasks.reduce(0, +)
        }
        #expect(makers == 1)
        #expect(try await store.bridgeValue("v.key", of: bridge, now: Self.now) == "20")
    }

    @Test func `a value goes when its time is over, and a counter keeps its time`() async throws {
        let (store, bridge) = try await store()
        let end = Self.now + 1000
        for later in [Int64(0), 500] {
            _ = try await store.changeBridgeValue(
                change(.add(1), expiresAt: end + later), of: bridge, now: Self.now + later)
        }
        #expect(try await store.bridgeValue("v.key", of: bridge, now: end - 1) == "2")
        #expect(try await store.bridgeValue("v.key", of: bridge, now: end) == nil)
        #expect(try await store.bridgeValues(under: "v.", of: bridge, now: end, limit: 10).isEmpty)
        let fresh = try await store.changeBridgeValue(change(.add(1)), of: bridge, now: end)
        #expect(fresh == BridgeValueOutcome(status: .done, before: nil, after: "1"))
        try await store.setBridgeValue("x", for: "old", of: bridge, expiresAt: end)
        try await store.deleteExpiredBridgeValues(of: bridge, now: end)
        #expect(try await store.bridgeValues(under: "", of: bridge, now: 0, limit: 10) == ["v.key": "1"])
    }

    @Test func `there are as many values as the limit allows`() async throws {
        let (store, bridge) = try await store()
        try await store.setBridgeValue("apart", for: "w.1", of: bridge)
        for number in 1...4 {
            var one = change(.set("x"), of: "v.\(number)", expiresAt: Self.now + 100)
            one.limit = ("v.", 3)
            let outcome = try await store.changeBridgeValue(one, of: bridge, now: Self.now)
            #expect(outcome.status == (number < 4 ? .done : .full))
        }
        for (key, now, status) in [("v.1", Self.now, BridgeValueOutcome.Status.done), ("v.9", Self.now + 100, .done)] {
            var one = change(.set("y"), of: key)
            one.limit = ("v.", 3)
            #expect(try await store.changeBridgeValue(one, of: bridge, now: now).status == status)
        }
    }

    @Test func `keys are found by their beginnings, whatever stands in them`() async throws {
        let (store, bridge) = try await store()
        let keys = ["a.1", "a.%", "a._", "a.ä", "a.\u{10FFFF}", "a", "b.1", "A.1", "a-1"]
        for key in keys { try await store.setBridgeValue(key, for: key, of: bridge) }
        let found = try await store.bridgeValues(under: "a.", of: bridge, now: Self.now, limit: 10)
        #expect(Set(found.keys) == ["a.1", "a.%", "a._", "a.ä"])
        #expect(try await store.bridgeValues(under: "a.", of: bridge, now: Self.now, limit: 2).count == 2)
        #expect(try await store.bridgeValues(under: "a.%", of: bridge, now: Self.now, limit: 9).count == 1)
        try await store.deleteBridgeValues(under: "a.", of: bridge)
        let left = try await store.bridgeValues(under: "", of: bridge, now: Self.now, limit: 10)
        #expect(Set(left.keys).isSuperset(of: ["a", "b.1", "A.1", "a-1"]) && left["a.1"] == nil)
    }

    @Test func `bridges do not see each other's values`() async throws {
        let (store, bridge) = try await store()
        _ = try await store.changeBridgeValue(change(.set("mine"), mark: "m"), of: bridge, now: Self.now)
        let other = "\(bridge)x"
        #expect(try await store.bridgeValue("v.key", of: other, now: Self.now) == nil)
        let outcome = try await store.changeBridgeValue(change(.create("theirs"), mark: "m"), of: other, now: Self.now)
        #expect(outcome == BridgeValueOutcome(status: .done, before: nil, after: "theirs"))
    }
}
