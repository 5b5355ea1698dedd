import HTTPServer
import Testing

/// The reader of requests without a connection, however its bytes come.
@Suite(.timeLimit(.minutes(1)))
struct RequestDigestTests {
    @Test(arguments: RawRequest.all)
    func `a request is the same in one piece, byte by byte and in halves`(request: RawRequest) {
        let whole = RequestDigest.read(request.text)
        #expect(RequestDigest.read(request.text, inPieces: repeatElement(1, count: request.text.utf8.count)) == whole)
        for half in [2, 3, request.text.utf8.count / 2] {
            #expect(RequestDigest.read(request.text, inPieces: [half]) == whole)
        }
    }

    /// Requests that differ from good and bad ones in a few bytes: whatever they are, they mean one thing.
    @Test(arguments: 0..<8)
    func `mutated requests are read the same in any pieces`(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        let words = [
            "\r\n", "\n", "\r", " ", "\t", "\0", ":", ";", ",", "0", "1", "ffffffffffffffff", "chunked", "Host: h\r\n",
            "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "\r\n\r\n", "GET / HTTP/1.1\r\n", "0\r\n\r\n",
        ].map { Array($0.utf8) }
        for _ in 0..<400 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes += Array(RawRequest.all.randomElement(using: &random)!.text.utf8.prefix(6000))
            }
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                guard !bytes.isEmpty else { break }
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(contentsOf: words.randomElement(using: &random)!, at: place)
                default: bytes.removeSubrange(place..<min(bytes.count, place + 20))
                }
            }
            let sizes = (0..<bytes.count).map { _ in Int.random(in: 1...40, using: &random) }
            bytes.withUnsafeBytes { raw in
                let whole = RequestDigest.read(raw)
                #expect(RequestDigest.read(raw, inPieces: sizes) == whole, "\(bytes)")
            }
        }
    }

    @Test func `a body beyond the limit is refused, told or in chunks`() {
        let heads = ["Content-Length: 11\r\n\r\n01234567890", "Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n"]
        for head in heads {
            Array("POST / HTTP/1.1\r\nHost: h\r\n\(head)".utf8).withUnsafeBytes {
                #expect(RequestDigest.read($0, maximumBodyBytes: 10) == ["refused bodyTooLarge"])
            }
        }
    }

    @Test func `small chunks within long lines end before they cost much`() {
        let line = "1;" + String(repeating: "x", count: 4000) + "\r\na\r\n"
        let text =
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + String(repeating: line, count: 5)
        #expect(RequestDigest.read(text) == ["refused malformed"])
        let small =
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            + String(repeating: "1;x=y\r\na\r\n", count: 20_000) + "0\r\n\r\n"
        #expect(RequestDigest.read(small).first?.contains("body 20000") == true)
    }
}

/// A generator whose numbers are the same at each run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
