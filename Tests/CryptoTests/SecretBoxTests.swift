import Crypto
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SecretBoxTests {
    private func key(_ id: String, _ byte: UInt8) throws -> SecretBox.Key {
        try SecretBox.Key(id: id, bytes: Array(repeating: byte, count: 32))
    }

    @Test(arguments: [0, 1, 32, 5000])
    func `what was sealed opens, in its place only`(count: Int) throws {
        let box = try SecretBox(keys: [key("a", 1)])
        let secret = SecureRandom.bytes(count)
        let text = try box.seal(secret, context: "hook/1")
        #expect(text.hasPrefix("v1.a."))
        #expect(try box.open(text, context: "hook/1") == secret)
        #expect(throws: CryptoError.self) { try box.open(text, context: "hook/2") }
        #expect(try box.seal(secret, context: "hook/1") != text)
    }

    @Test func `a changed or cut text does not open`() throws {
        let box = try SecretBox(keys: [key("a", 1)])
        let text = Array(try box.seal([1, 2, 3], context: "c").utf8)
        for index in text.indices {
            var changed = text
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: CryptoError.self) { try box.open(String(decoding: changed, as: UTF8.self), context: "c") }
            #expect(throws: CryptoError.self) {
                try box.open(String(decoding: text[..<index], as: UTF8.self), context: "c")
            }
        }
    }

    @Test func `old keys open until they are gone, and the new one seals`() throws {
        let old = try SecretBox(keys: [key("a", 1)])
        let text = try old.seal([7], context: "c")
        let both = try SecretBox(keys: [key("b", 2), key("a", 1)])
        #expect(try both.open(text, context: "c") == [7])
        #expect(try both.needsRenewal(text) && !both.needsRenewal(both.seal([7], context: "c")))
        let new = try SecretBox(keys: [key("b", 2)])
        #expect(throws: CryptoError.self) { try new.open(text, context: "c") }
        let impostor = try SecretBox(keys: [key("a", 3)])
        #expect(throws: CryptoError.self) { try impostor.open(text, context: "c") }
    }

    @Test func `a key file is made once and read again`() throws {
        let folder = NSTemporaryDirectory() + "martlet-key-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/key"
        let key = try KeyFile.loadOrCreate(path: path)
        #expect(key.count == 32)
        #expect(try KeyFile.loadOrCreate(path: path) == key)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["key"])
        #expect(throws: CryptoError.self) { try KeyFile.loadOrCreate(path: path, bytes: 16) }
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        #expect(throws: CryptoError.self) { try KeyFile.loadOrCreate(path: path) }
    }

    @Test(arguments: ["", "zz", String(repeating: "0", count: 66)])
    func `a key file with something else is refused and left alone`(content: String) throws {
        let path = NSTemporaryDirectory() + "martlet-key-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(
            FileManager.default.createFile(
                atPath: path, contents: Data(content.utf8), attributes: [.posixPermissions: 0o600]))
        #expect(throws: CryptoError.self) { try KeyFile.loadOrCreate(path: path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == content)
    }

    @Test func `processes that start at once share one key`() async throws {
        let path = NSTemporaryDirectory() + "martlet-key-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let keys = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<8 { group.addTask { try KeyFile.loadOrCreate(path: path) } }
            return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(keys.count == 1)
    }
}
