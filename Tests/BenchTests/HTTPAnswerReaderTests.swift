import Testing

@testable import LoadGenerator

@Suite(.timeLimit(.minutes(1)))
struct HTTPAnswerReaderTests {
    private func read(_ pieces: [ArraySlice<UInt8>]) throws -> [String] {
        var reader = HTTPAnswerReader()
        var answers: [String] = []
        for piece in pieces {
            try Array(piece).withUnsafeBytes { bytes in
                try reader.read(bytes) { answers.append("\($0) \(String(decoding: $1, as: UTF8.self))") }
            }
        }
        return answers
    }

    private static let two =
        "HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\ncontent-length: 5\r\n\r\nhello"
        + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n"
        + "HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n"

    @Test func `answers are read wherever they are cut`() throws {
        let bytes = Array(Self.two.utf8)
        let wanted = ["201 hello", "200 abc0123456789", "204 "]
        #expect(try read([bytes[...]]) == wanted)
        #expect(try read(bytes.indices.map { bytes[$0...$0] }) == wanted)
        for cut in bytes.indices { #expect(try read([bytes[..<cut], bytes[cut...]]) == wanted) }
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n\r\nxxxx", "HTTP/1.1 2x1 Odd\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffff\r\n",
    ])
    func `what is no answer is refused`(_ text: String) {
        #expect(throws: LoadError.self) { try read([Array(text.utf8)[...]]) }
    }

    @Test func `a head without an end is refused before it fills the memory`() {
        let line = Array("HTTP/1.1 200 OK\r\n".utf8) + Array(repeating: UInt8(ascii: "a"), count: 70_000)
        #expect(throws: LoadError.self) { try read([line[...]]) }
    }

    @Test func `chunks without an end are refused before they fill the memory`() {
        func chunk(_ count: Int) -> [UInt8] {
            Array("\(String(count, radix: 16))\r\n".utf8) + [UInt8](repeating: 97, count: count) + Array("\r\n".utf8)
        }
        let first = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8) + chunk(16 << 20)
        #expect(throws: LoadError.self) { try read([first[...], chunk(1 << 20)[...]]) }
    }
}
