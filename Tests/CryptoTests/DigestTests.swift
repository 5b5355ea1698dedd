import Crypto
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DigestTests {
    @Test func `SHA-1 and SHA-256 agree with FIPS 180`() {
        #expect(Hex.encode(Digest.sha1(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(Hex.encode(Digest.sha1([])) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(
            Hex.encode(Digest.sha256(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            Hex.encode(Digest.sha256([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func `the WebSocket handshake of RFC 6455 comes out right`() {
        let text = "dGhlIHNhbXBsZSBub25jZQ==" + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        #expect(Base64.encode(Digest.sha1(Array(text.utf8))) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    /// RFC 4231, test cases 1 to 4, 6 and 7.
    static let hmacVectors: [([UInt8], [UInt8], String)] = [
        (
            Array(repeating: 0x0B, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            Array(repeating: 0xAA, count: 20), Array(repeating: 0xDD, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(1...25), Array(repeating: 0xCD, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            Array(repeating: 0xAA, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            Array(repeating: 0xAA, count: 131),
            Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]

    @Test(arguments: hmacVectors)
    func `HMAC agrees with RFC 4231`(key: [UInt8], data: [UInt8], expected: String) {
        #expect(Hex.encode(Digest.hmacSHA256(key: key, data: data)) == expected)
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base64 agrees with RFC 4648`(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
        let bare = encoded.filter { $0 != "=" }
        #expect(Base64URL.encode(Array(plain.utf8)) == bare)
        #expect(Base64URL.decode(bare) == Array(plain.utf8))
    }

    @Test func `the two alphabets differ in the last two characters`() {
        #expect(Base64.encode([0xFB, 0xFF, 0xBF]) == "+/+/")
        #expect(Base64URL.encode([0xFB, 0xFF, 0xBF]) == "-_-_")
        #expect(Base64.decode("-_-_") == nil)
        #expect(Base64URL.decode("+/+/") == nil)
    }

    @Test(arguments: ["Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z", "Zm9v\n", " Zm9v", "Zm=v", "====", "Zm9v====", "Zé=="])
    func `base64 that no encoder writes is refused`(text: String) { #expect(Base64.decode(text) == nil) }

    @Test(arguments: ["Z", "Zh", "Zg==", "Zm9", "Zm9vZ", "a b", "Zm\0v"])
    func `base64url that no encoder writes is refused`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func `hex reads both cases and nothing else`() {
        #expect(Hex.decode("00fFA5") == [0, 255, 165])
        for text in ["0", "0g", "0x", " 0", "é"] { #expect(Hex.decode(text) == nil) }
    }

    @Test func `secrets compare by all their bytes`() {
        #expect(ConstantTime.equal([1, 2, 3], [1, 2, 3]))
        #expect(ConstantTime.equal([UInt8](), []))
        #expect(!ConstantTime.equal([1, 2, 3], [1, 2, 4]))
        #expect(!ConstantTime.equal([1, 2, 3], [1, 2]))
    }

    @Test func `tokens have the length and the alphabet that they promise`() {
        let token = SecureRandom.token()
        #expect(token.utf8.count == 32 && Base64URL.decode(token)?.count == 24)
        #expect(token != SecureRandom.token())
        let folded = SecureRandom.base32Token()
        #expect(folded.utf8.count == 32 && folded == folded.lowercased())
        #expect(folded.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x32...0x37).contains($0) })
        #expect(SecureRandom.base32Token(bytes: 1).utf8.count == 2)
        #expect(SecureRandom.bytes(0).isEmpty)
    }
}
