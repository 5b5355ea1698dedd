import Foundation
import Testing

/// Every input of `Fuzz/corpus` goes through its parser, as the fuzzer would send it.
@Suite(.timeLimit(.minutes(2)))
struct CorpusTests {
    private static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("corpus")

    private static func inputs(_ target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let folder = corpus.appendingPathComponent(target.name)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            ($0, Array(try Data(contentsOf: folder.appendingPathComponent($0))))
        }
    }

    @Test func `each parser has inputs, and each folder of inputs a parser`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpus.path)
        #expect(Set(folders) == Set(FuzzTarget.all.map(\.name)))
        for target in FuzzTarget.all {
            let inputs = try Self.inputs(target)
            #expect(inputs.count >= 3, "\(target.name) has \(inputs.count) inputs")
            for input in inputs {
                #expect(input.bytes.count <= target.maximumBytes, "\(target.name)/\(input.name) would be cut")
            }
        }
    }

    // A fault traps, and the crash names the input's target by its stack.
    @Test(arguments: FuzzTarget.all.map(\.name))
    func `no known input breaks its parser, nor does its beginning`(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        target.run([])
        for input in try Self.inputs(target) {
            target.run(input.bytes)
            for length in stride(from: 0, to: input.bytes.count, by: max(1, input.bytes.count / 16)) {
                target.run(Array(input.bytes.prefix(length)))
            }
        }
    }
}
