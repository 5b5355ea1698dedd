import Testing

@testable import LoadGenerator

@Suite(.timeLimit(.minutes(1)))
struct WebSocketReaderTests {
    private func read(_ pieces: [ArraySlice<UInt8>]) throws -> [String] {
        var reader = WebSocketReader()
        var frames: [String] = []
        for piece in pieces {
            try Array(piece).withUnsafeBytes { bytes in
                try reader.read(bytes) { frames.append("\($0) \($1.count) \($1.last.map(Int.init) ?? -1)") }
            }
        }
        return frames
    }

    private static func frame(_ length: Int) -> [UInt8] {
        var frame: [UInt8] = [0x81]
        if length < 126 {
            frame.append(UInt8(length))
        } else if length < 65_536 {
            frame += [126, UInt8(length >> 8), UInt8(length & 255)]
        } else {
            frame += [127, 0, 0, 0, 0, 0, UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255)]
        }
        return frame + (0..<length).map { UInt8($0 % 251) }
    }

    @Test func `frames are read wherever they are cut`() throws {
        let lengths = [0, 1, 125, 126, 300]
        let bytes = lengths.flatMap(Self.frame) + [0x89, 0]
        let wanted = lengths.map { "1 \($0) \($0 == 0 ? -1 : ($0 - 1) % 251)" } + ["9 0 -1"]
        #expect(try read([bytes[...]]) == wanted)
        #expect(try read(bytes.indices.map { bytes[$0...$0] }) == wanted)
        for cut in bytes.indices { #expect(try read([bytes[..<cut], bytes[cut...]]) == wanted) }
    }

    @Test func `a long frame is read in pieces`() throws {
        let bytes = Self.frame(70_000)
        let pieces = stride(from: 0, to: bytes.count, by: 4096).map { bytes[$0..<min($0 + 4096, bytes.count)] }
        #expect(try read(pieces) == ["1 70000 \((70_000 - 1) % 251)"])
    }

    @Test(
        arguments: [
            [0x81, 0x80, 0, 0, 0, 0], [0x81, 127, 0x7F, 255, 255, 255, 255, 255, 255, 255],
            [0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255], [0x81, 127, 0, 0, 0, 0, 0x10, 0, 0, 0],
        ] as [[UInt8]])
    func `a masked frame and one beyond all measure are refused`(_ bytes: [UInt8]) {
        #expect(throws: LoadError.self) { try read([bytes[...]]) }
    }

    @Test(arguments: [0, 1, 125, 126, 5_000, 65_535])
    func `a client's frame is masked with zeros and has the right length`(_ length: Int) {
        let frame = WebSocketClient.frame(1, [UInt8](repeating: 7, count: length))
        let header = length < 126 ? 2 : 4
        #expect(frame.count == header + 4 + length)
        #expect(frame[1] & 0x80 != 0)
        #expect(frame[header..<(header + 4)].allSatisfy { $0 == 0 })
        #expect(length < 126 ? Int(frame[1] & 0x7F) == length : Int(frame[2]) << 8 | Int(frame[3]) == length)
    }
}
