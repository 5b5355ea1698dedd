import Crypto
import Testing

@Suite(.timeLimit(.minutes(1)))
struct JSONWebTokenTests {
    let now: Int64 = 1_800_000_000

    private func secret(_ byte: UInt8) -> [UInt8] { Array(repeating: byte, count: 32) }

    private func hmacKey(_ id: String = "k1", _ byte: UInt8 = 1) throws -> SigningKey {
        try SigningKey.hs256(id: id, secret: secret(byte))
    }

    private func claims(custom: [String: JSONScalar] = [:]) -> JWTClaims {
        JWTClaims(
            issuer: "martlet", subject: "42", audience: "api", expiresAt: now + 900, issuedAt: now, custom: custom)
    }

    /// A token of our own making, signed rightly with `key` whatever its parts say.
    private func forge(header: String, payload: String, key: SigningKey) throws -> String {
        let text = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        return text + "." + Base64URL.encode(try key.sign(Array(text.utf8)))
    }

    private func refusal(_ token: String, _ keys: TokenKeys, now: Int64? = nil) -> JWTError? {
        do throws(JWTError) {
            _ = try keys.verify(token, now: now ?? self.now)
            return nil
        } catch {
            return error
        }
    }

    @Test func `claims come back as they were signed`() throws {
        let pair = try AsymmetricKey.ed25519(seed: secret(9))
        let claims = claims(custom: [
            "app": 7, "name": "Ada \"x\" / ü", "bot": true, "none": .null, "ratio": .double(0.5), "exp": 1,
        ])
        var expected = claims
        expected.custom["exp"] = nil
        for key in [try hmacKey(), try SigningKey.edDSA(id: "k1", key: pair)] {
            let keys = try TokenKeys(keys: [key])
            #expect(try keys.verify(keys.sign(claims), now: now) == expected)
        }
    }

    @Test func `the examples of RFC 7515 and RFC 8037 verify`() throws {
        let bytes = try #require(
            Base64URL.decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
        let text =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
            + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        let key = try SigningKey.hs256(id: "a", secret: bytes)
        #expect(Base64URL.encode(try key.sign(Array(text.utf8))) == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")

        let seed = try #require(Base64URL.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
        let pair = try AsymmetricKey.ed25519(seed: seed)
        #expect(Base64URL.encode(pair.rawPublicKey) == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        let signed = Array("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".utf8)
        let signature =
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        #expect(Base64URL.encode(try pair.sign(signed)) == signature)
        let publicKey = try AsymmetricKey.ed25519(publicKey: pair.rawPublicKey)
        #expect(publicKey.verify(signed, signature: try #require(Base64URL.decode(signature))))
        #expect(!publicKey.verify(signed + [0], signature: try #require(Base64URL.decode(signature))))
        #expect(throws: CryptoError.self) { try publicKey.sign(signed) }
    }

    @Test func `RS256 agrees with the openssl command and cannot be turned into HS256`() throws {
        let tool = try OpenSSLTool()
        try tool.run("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "rsa.pem")
        try tool.run("pkey", "-in", "rsa.pem", "-pubout", "-out", "rsa.pub")
        let publicText = try tool.text("rsa.pub")
        let signer = try TokenKeys(keys: [.rs256(id: "r", pem: tool.text("rsa.pem"))])
        let token = try signer.sign(claims())
        let parts = token.split(separator: ".")
        try tool.write(Array("\(parts[0]).\(parts[1])".utf8), to: "signed")
        try tool.write(try #require(Base64URL.decode(parts[2])), to: "signature")
        #expect(try tool.run("dgst", "-sha256", "-verify", "rsa.pub", "-signature", "signature", "signed"))

        let verifyOnly = try SigningKey.rs256(id: "r", pem: publicText)
        #expect(!verifyOnly.canSign)
        let keys = try TokenKeys(keys: [hmacKey(), verifyOnly])
        #expect(try keys.verify(token, now: now) == signer.verify(token, now: now))
        let confused = try SigningKey.hs256(id: "r", secret: Array(publicText.utf8))
        let forged = try JSONWebToken.sign(claims(), with: confused)
        #expect(refusal(forged, keys) == .badSignature)

        try tool.run("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", "small.pem")
        let small = try tool.text("small.pem")
        #expect(throws: CryptoError.self) { try SigningKey.rs256(id: "r", pem: small) }
        #expect(throws: CryptoError.self) { try SigningKey.rs256(id: "r", pem: "-----BEGIN PRIVATE KEY-----\nMII") }
        try tool.run("genpkey", "-algorithm", "ED25519", "-out", "ed.pem")
        let other = try tool.text("ed.pem")
        #expect(throws: CryptoError.self) { try SigningKey.rs256(id: "r", pem: other) }
    }

    @Test(arguments: [
        #"{"alg":"none","kid":"k1"}"#, #"{"alg":"None","kid":"k1"}"#, #"{"alg":"RS256","kid":"k1"}"#,
        #"{"alg":"HS512","kid":"k1"}"#, #"{"alg":"HS256","kid":"k2"}"#, #"{"alg":"HS256"}"#,
        #"{"alg":"HS256","kid":"../k1"}"#,
    ])
    func `a header cannot choose the algorithm or another key`(header: String) throws {
        let keys = try TokenKeys(keys: [hmacKey()])
        let payload = #"{"sub":"1","exp":1900000000}"#
        #expect(refusal(try forge(header: header, payload: payload, key: hmacKey()), keys) == .badSignature)
        let unsigned = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8)) + "."
        #expect(refusal(unsigned, keys) == .badSignature)
    }

    @Test func `a header with critical extensions is refused`() throws {
        let header = #"{"alg":"HS256","kid":"k1","crit":["exp"]}"#
        let token = try forge(header: header, payload: #"{"exp":1900000000}"#, key: hmacKey())
        #expect(refusal(token, try TokenKeys(keys: [hmacKey()])) == .malformed)
    }

    @Test func `any changed character breaks a token`() throws {
        let keys = try TokenKeys(keys: [hmacKey()])
        let token = Array(try keys.sign(claims()).utf8)
        for index in token.indices {
            var changed = token
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(refusal(String(decoding: changed, as: UTF8.self), keys) != nil)
        }
        for length in 0..<token.count {
            #expect(refusal(String(decoding: token[..<length], as: UTF8.self), keys) != nil)
        }
    }

    @Test(arguments: ["", ".", "..", "...", "a.b.c", "e30.e30.", "e30.e30.AA.AA", "\0.\0.\0", " .{}. "])
    func `what is no token is malformed`(token: String) throws {
        #expect(refusal(token, try TokenKeys(keys: [hmacKey()])) == .malformed)
    }

    @Test(arguments: [
        "", "null", "[]", "{", #"{"sub":"1"}"#, #"{"exp":"soon"}"#, #"{"exp":null}"#, #"{"exp":1e300}"#,
        #"{"exp":1900000000,"sub":7}"#, #"{"exp":1900000000,"aud":["a","b"]}"#,
    ])
    func `signed nonsense is malformed`(payload: String) throws {
        let token = try forge(header: #"{"alg":"HS256","kid":"k1"}"#, payload: payload, key: hmacKey())
        #expect(refusal(token, try TokenKeys(keys: [hmacKey()])) == .malformed)
    }

    @Test func `other writers' forms of claims are read`() throws {
        let payload = #"{"exp":1900000000.9,"aud":["api"],"nbf":0,"roles":["x"],"o":{},"n":1}"#
        let token = try forge(header: #"{"kid":"k1","alg":"HS256"}"#, payload: payload, key: hmacKey())
        let claims = try TokenKeys(keys: [hmacKey()]).verify(token, now: now)
        #expect(claims.expiresAt == 1_900_000_000 && claims.audience == "api" && claims.custom == ["n": 1])
    }

    @Test func `an oversized token is refused unread and never made`() throws {
        let keys = try TokenKeys(keys: [hmacKey()])
        #expect(refusal(String(repeating: "a", count: JSONWebToken.maximumBytes + 1), keys) == .malformed)
        #expect(throws: CryptoError.self) {
            try keys.sign(claims(custom: ["x": .string(String(repeating: "y", count: 8000))]))
        }
    }

    @Test func `times are checked with leeway and without overflow`() throws {
        let keys = try TokenKeys(keys: [hmacKey()])
        var claims = claims()
        let token = try keys.sign(claims)
        #expect(refusal(token, keys, now: claims.expiresAt + 29) == nil)
        #expect(refusal(token, keys, now: claims.expiresAt + 30) == .expired)
        claims.notBefore = now + 31
        #expect(refusal(try keys.sign(claims), keys) == .notYetValid)
        claims.notBefore = now + 30
        #expect(refusal(try keys.sign(claims), keys) == nil)
        claims.notBefore = .min
        claims.expiresAt = .max
        #expect(refusal(try keys.sign(claims), keys) == nil)
        claims.expiresAt = .min
        #expect(refusal(try keys.sign(claims), keys) == .expired)
    }

    @Test func `old tokens stay good until their key is removed`() throws {
        let keys = try TokenKeys(keys: [hmacKey("old", 1)])
        let token = try keys.sign(claims())
        try keys.rotate(to: hmacKey("new", 2))
        let newer = try keys.sign(claims())
        #expect(refusal(token, keys) == nil && refusal(newer, keys) == nil)
        keys.remove(id: "old")
        #expect(refusal(token, keys) == .badSignature && refusal(newer, keys) == nil)
        keys.remove(id: "new")
        #expect(refusal(newer, keys) == nil)
        #expect(throws: CryptoError.self) { try keys.rotate(to: hmacKey("new", 3)) }
    }

    @Test func `weak or ambiguous keys are refused`() throws {
        #expect(throws: CryptoError.self) { try SigningKey.hs256(id: "a", secret: Array(repeating: 1, count: 31)) }
        for id in ["", "a b", "a\"", "ü", String(repeating: "k", count: 65)] {
            #expect(throws: CryptoError.self) { try SigningKey.hs256(id: id, secret: secret(1)) }
        }
        #expect(throws: CryptoError.self) { try TokenKeys(keys: []) }
        #expect(throws: CryptoError.self) { try TokenKeys(keys: [hmacKey(), hmacKey()]) }
        #expect(throws: CryptoError.self) { try AsymmetricKey.ed25519(seed: []) }
    }
}
