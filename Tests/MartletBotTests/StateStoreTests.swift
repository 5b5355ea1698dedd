import Foundation
import Synchronization
import Testing

@testable import MartletBot

@Suite(.timeLimit(.minutes(1)))
struct StateStoreTests {
    /// Keeps what is written; refuses when told to.
    private final class MemoryFile: StateFile {
        let bytes = Mutex<[UInt8]?>(nil)
        let isBroken = Mutex(false)

        func read() async throws -> [UInt8]? { bytes.withLock { $0 } }

        func write(_ new: [UInt8]) async throws {
            if isBroken.withLock({ $0 }) { throw BotError.state("memory", "cannot be written", 28) }
            bytes.withLock { $0 = new }
        }
    }

    private func cursor(_ number: UInt64) -> Cursor { Cursor(transaction: number, row: 0) }

    @Test func `changes are seen inside at once and outside after the commit`() async throws {
        let file = MemoryFile()
        let store = StateStore(file: file)
        let transaction = StoreTransaction(store)
        let inside = BotStore(transaction)
        try await inside.set("a", to: [1, 2])
        let count = try await inside.update("n", default: 0) {
            $0 += 5
            return $0
        }
        #expect(count == 5)
        #expect(try await inside.get("a") == [1, 2])
        #expect(try await inside.keys() == ["a", "n"])
        #expect(store.keys().isEmpty)
        try await transaction.commit(handled: cursor(1))

        let later = StateStore(file: file)
        try await later.load()
        let next = StoreTransaction(later)
        #expect(try await BotStore(next).get("n", as: Int.self) == 5)
        try await BotStore(next).remove("n")
        #expect(try await BotStore(next).get("n", as: Int.self) == nil)
        #expect(try await BotStore(next).keys() == ["a"])
        #expect(later.wasHandled(cursor(1)))
        next.abandon()
        #expect(Set(later.keys()) == ["a", "n"])
    }

    @Test func `what a failed handler changed is forgotten`() async throws {
        let store = StateStore(file: MemoryFile())
        let transaction = StoreTransaction(store)
        try await BotStore(transaction).set("a", to: 1)
        transaction.abandon()
        #expect(store.keys().isEmpty)
        await #expect(throws: BotError.self) { try await BotStore(transaction).set("a", to: 1) }
    }

    @Test func `a write that fails leaves the state as it was`() async throws {
        let file = MemoryFile()
        let store = StateStore(file: file)
        let first = StoreTransaction(store)
        try await BotStore(first).set("a", to: 1)
        file.isBroken.withLock { $0 = true }
        await #expect(throws: BotError.self) { try await first.commit(handled: cursor(1)) }
        #expect(store.keys().isEmpty && !store.wasHandled(cursor(1)))
        file.isBroken.withLock { $0 = false }
        let second = StoreTransaction(store)
        try await BotStore(second).set("a", to: 2)
        try await second.commit(handled: nil)
        #expect(store.value("a") == 2)
    }

    @Test func `handlers that use the store run one after another`() async throws {
        let store = StateStore(file: MemoryFile())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    let transaction = StoreTransaction(store)
                    let inside = BotStore(transaction)
                    let old = try await inside.get("n", as: Int.self) ?? 0
                    await Task.yield()
                    try await inside.set("n", to: old + 1)
                    try await transaction.commit(handled: nil)
                }
            }
            try await group.waitForAll()
        }
        #expect(store.value("n") == 50)
    }

    @Test func `one handler may do several things at once`() async throws {
        let store = StateStore(file: MemoryFile())
        let transaction = StoreTransaction(store)
        let inside = BotStore(transaction)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { try await inside.update("n", default: 0) { $0 += 1 } } }
            try await group.waitForAll()
        }
        try await transaction.commit(handled: nil)
        #expect(store.value("n") == 20)
    }

    @Test func `a wait for the store ends with its task`() async throws {
        let store = StateStore(file: MemoryFile())
        let holder = StoreTransaction(store)
        try await BotStore(holder).set("a", to: 1)
        let waiting = Task { try await BotStore(StoreTransaction(store)).set("a", to: 2) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        try await holder.commit(handled: nil)
        let next = StoreTransaction(store)
        try await BotStore(next).set("a", to: 3)
        next.abandon()
    }

    @Test func `marks go with the acknowledgement and with another log`() async throws {
        let store = StateStore(file: MemoryFile())
        store.begin(epoch: "e", acknowledged: cursor(0), isOther: false)
        for number in 1...3 { try await store.commit(["k": .integer(1)], handled: cursor(UInt64(number))) }
        store.acknowledged(cursor(1))
        #expect(!store.wasHandled(cursor(1)) && store.wasHandled(cursor(2)))
        store.begin(epoch: "e2", acknowledged: cursor(2), isOther: false)
        #expect(!store.wasHandled(cursor(2)) && store.wasHandled(cursor(3)))
        #expect(store.place == ("e2", cursor(3)))
        store.begin(epoch: "f", acknowledged: cursor(0), isOther: true)
        #expect(!store.wasHandled(cursor(3)))
        #expect(store.place == ("f", nil))
    }

    @Test func `the state remembers the newest event in it over a restart of the bot`() async throws {
        let file = MemoryFile()
        let store = StateStore(file: file)
        store.begin(epoch: "e", acknowledged: cursor(0), isOther: false)
        try await store.commit(["k": .integer(1)], handled: cursor(7))
        store.acknowledged(cursor(7))
        try await store.commit(["k": .integer(2)], handled: nil)
        let next = StateStore(file: file)
        try await next.load()
        #expect(next.place == ("e", cursor(7)) && !next.wasHandled(cursor(7)))
    }

    @Test func `keys, values and types out of bounds are refused`() async throws {
        let transaction = StoreTransaction(StateStore(file: MemoryFile()))
        let inside = BotStore(transaction)
        await #expect(throws: BotError.self) { try await inside.set("", to: 1) }
        await #expect(throws: BotError.self) { try await inside.set(String(repeating: "k", count: 257), to: 1) }
        await #expect(throws: BotError.self) {
            try await inside.set("k", to: String(repeating: "v", count: 300 * 1024))
        }
        await #expect(throws: BotError.self) { try await inside.set("k", to: Double.nan) }
        try await inside.set("k", to: "text")
        await #expect(throws: BotError.self) { _ = try await inside.get("k", as: Int.self) }
        await #expect(throws: BotError.self) { try await inside.update("k", default: 0) { $0 += 1 } }
        #expect(try await inside.get("k") == "text")
        transaction.abandon()
    }

    @Test(arguments: [
        "", "{", "[]", #"{"version":2,"handled":[],"values":{}}"#, #"{"version":1,"handled":["x"],"values":{}}"#,
    ])
    func `a file that is no state is an error, never an empty state`(text: String) async {
        let file = MemoryFile()
        file.bytes.withLock { $0 = Array(text.utf8) }
        await #expect(throws: BotError.self) { try await StateStore(file: file).load() }
    }

    @Test func `the file on disk is replaced whole and only its owner can read it`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bot-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "x.json").path
        let file = DiskStateFile(path: path)
        #expect(try await file.read() == nil)
        try await file.write(Array(repeating: 7, count: 200_000))
        try await file.write([1, 2, 3])
        #expect(try await file.read() == [1, 2, 3])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["x.json"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        await #expect(throws: BotError.self) { try await DiskStateFile(path: folder.path + "/no/x").write([1]) }
        await #expect(throws: BotError.self) { _ = try await DiskStateFile(path: folder.path).read() }
    }
}
