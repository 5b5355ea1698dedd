import Foundation
import Testing

@testable import PatternMatching

struct PatternCacheTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "/patterns-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private var files: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().map { "\(folder)/\($0)" }
    }

    private func found(_ words: [String], in text: String) throws -> [Int] {
        let patterns = words.enumerated().map { Pattern(id: $0, .literalWord($1)) }
        return try PatternSet(patterns, cache: PatternCache(folder: folder)).matches(in: text).map(\.id)
    }

    @Test func `what was compiled once is found again, and finds the same`() throws {
        #expect(try found(["cat", "dog"], in: "a dog, a cat") == [1, 0])
        #expect(files.count == 1)
        let before = try FileManager.default.attributesOfItem(atPath: files[0])[.systemFileNumber] as? Int
        #expect(try found(["cat", "dog"], in: "a dog, a cat") == [1, 0])
        #expect(try FileManager.default.attributesOfItem(atPath: files[0])[.systemFileNumber] as? Int == before)
        let mode = try FileManager.default.attributesOfItem(atPath: files[0])[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func `other patterns are compiled for themselves`() throws {
        #expect(try found(["cat"], in: "a cat, a dog") == [0])
        #expect(try found(["dog"], in: "a cat, a dog") == [0])
        #expect(files.count == 2)
    }

    /// Ways in which a file may be damaged.
    @Test(arguments: ["empty", "cut", "flipped", "another's", "foreign"])
    func `a file that is damaged or of something else is compiled anew`(damage: String) throws {
        #expect(try found(["cat"], in: "a cat") == [0])
        let path = files[0]
        var bytes = try #require(FileManager.default.contents(atPath: path))
        switch damage {
        case "empty": bytes = Data()
        case "cut": bytes = bytes.prefix(bytes.count / 2)
        case "flipped": bytes[bytes.count - 100] ^= 0xFF
        case "another's":
            #expect(try found(["dog"], in: "a dog") == [0])
            let other = try #require(files.first { $0 != path })
            bytes = try #require(FileManager.default.contents(atPath: other))
        default: bytes = Data("no patterns at all".utf8)
        }
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(try found(["cat"], in: "a cat, a dog") == [0])
        #expect(try found(["cat"], in: "a dog") == [])
    }

    @Test func `the oldest files go`() throws {
        for number in 0..<10 { #expect(try found(["word\(number)"], in: "word\(number)") == [0]) }
        #expect(files.count == 6)
    }

    @Test func `without a folder that can be written patterns are compiled all the same`() throws {
        let patterns = [Pattern(id: 0, .literalWord("cat"))]
        let set = try PatternSet(patterns, cache: PatternCache(folder: "/proc/nowhere"))
        #expect(set.matches(in: "a cat").map(\.id) == [0])
    }
}
