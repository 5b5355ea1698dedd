import Testing

@testable import MailServer

@Suite(.timeLimit(.minutes(1)))
struct MessageReaderTests {
    @Test(arguments: [
        ("hello\r\n.\r\n", "hello\r\n"), (".\r\n", ""), ("..\r\n.\r\n", ".\r\n"),
        ("..a\r\n...\r\n.\r\n", ".a\r\n..\r\n"),
        (".a\r\n.\r\n", "a\r\n"), ("a\r\n\r\n.\r\n", "a\r\n\r\n"), ("a\n.\nb\r\n.\r\n", "a\n.\nb\r\n"),
        ("a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n"), ("a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n"),
        ("a\r.\r\nb\r\n.\r\n", "a\r.\r\nb\r\n"),
        ("a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n"), ("a\r\r\n.\r\n", "a\r\r\n"), ("\0\u{FF}\r\n.\r\n", "\0\u{FF}\r\n"),
        ("a\r\n.\r\r\n.\r\n", "a\r\n\r\r\n"),
    ])
    func `a message ends at a lone dot between two CR LF, however it is cut`(input: String, expected: String) {
        let bytes = Array((input + "RSET\r\n").utf8)
        for cut in 0...input.utf8.count {
            var reader = MessageReader(limit: 1000)
            var taken = 0
            var isEnd = false
            for piece in [bytes[..<cut], bytes[cut...]] where !isEnd {
                let result = Array(piece).withUnsafeBytes { reader.read($0) }
                taken += result.count
                isEnd = result.isEnd
            }
            #expect(isEnd)
            #expect(taken == input.utf8.count)
            #expect(reader.bytes == Array(expected.utf8))
            #expect(!reader.isTooLarge)
        }
    }

    @Test func `a message that is too large is read to its end and not kept`() {
        var reader = MessageReader(limit: 10)
        let piece = [UInt8](repeating: 65, count: 100_000)
        for _ in 0..<100 { _ = piece.withUnsafeBytes { reader.read($0) } }
        let end = Array("\r\n.\r\n".utf8).withUnsafeBytes { reader.read($0) }
        #expect(end.isEnd)
        #expect(reader.isTooLarge)
        #expect(reader.bytes.count == 10)
    }
}
