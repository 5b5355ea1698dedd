import Crypto
import Testing

@Suite(.timeLimit(.minutes(1)))
struct WebhookSignatureTests {
    let id = "msg_01J0000000000000000000TEST"
    let time: Int64 = 1_700_000_000
    let body = Array(#"{"type":"message.new","timestamp":"2023-11-14T22:13:20Z","data":{"id":"m1"}}"#.utf8)
    let first = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    let second = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="

    @Test func `Standard Webhooks with a secret`() throws {
        let secrets = try [first, second].map { try #require(WebhookSecret(text: $0)) }
        let entries = secrets.map { WebhookSignature.standard(id: id, timestamp: time, body: body, secret: $0) }
        #expect(
            entries == [
                "v1,yxrm4MTr+Ljkul0acUyyu4XOSTCVvRaY4xXW7nsxD0Q=", "v1,9jWr0Di/bTPEZd+qCZo8LUf0B6cPiTQETG43eFWvXTM=",
            ])
        #expect(secrets[0].text == first && "\(secrets[0])" == "whsec_…")
        func verify(_ signature: String, _ timestamp: String = "1700000000", now: Int64 = 1_700_000_000) -> Bool {
            WebhookSignature.verifyStandard(
                id: id, timestamp: timestamp, signature: signature, body: body, secrets: [secrets[1]], now: now)
        }
        #expect(verify(entries[1]) && verify(entries.joined(separator: " ")) && !verify(entries[0]))
        #expect(verify(entries[1], now: time + 300) && !verify(entries[1], now: time + 301))
        #expect(verify(entries[1], now: time - 300) && !verify(entries[1], now: time - 301))
        for text in ["", "now", "01700000000", "-1", "+1700000000", "1700000000.0", "99999999999999999999"] {
            #expect(!verify(entries[1], text))
        }
        for text in ["", "v1", "v1,", "v2," + entries[1].dropFirst(3), String(entries[1].dropLast()), "v1a,AAAA"] {
            #expect(!verify(text))
        }
    }

    @Test func `Standard Webhooks with Ed25519`() throws {
        let key = try AsymmetricKey.webhook("whsk_" + Base64.encode(Array(0...31)))
        #expect(key.webhookPublicKey == "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=")
        let entry = try WebhookSignature.standard(id: id, timestamp: time, body: body, key: key)
        #expect(
            entry == "v1a,euCEQDwPu47bmEOjn+wTENZqVLLCitf26vkoQpCtZXwPFM/7m0u71k/5ZvsGW0t/aJBPdApVOE9acGokgYxqCA==")
        let publicKey = try AsymmetricKey.webhook(key.webhookPublicKey)
        func verify(_ body: [UInt8]) -> Bool {
            WebhookSignature.verifyStandard(
                id: id, timestamp: "\(time)", signature: entry, body: body, keys: [publicKey], now: time)
        }
        #expect(verify(body) && !verify(body + [32]))
        let pair = Array(0...31) + publicKey.rawPublicKey
        #expect(try AsymmetricKey.webhook("whsk_" + Base64.encode(pair)).rawPublicKey == publicKey.rawPublicKey)
        for text in ["", "whsk_", "whpk_AAAA", "whsec_AAAA"] {
            #expect(throws: CryptoError.self) { try AsymmetricKey.webhook(text) }
        }
    }

    @Test(arguments: ["", "whsec_", "whsec_AAAA", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "whsec_!"])
    func `what is no secret is refused`(text: String) { #expect(WebhookSecret(text: text) == nil) }

    @Test func `a new secret can be read back`() {
        let secret = WebhookSecret.generate()
        #expect(secret.bytes.count == 32 && WebhookSecret(text: secret.text)?.bytes == secret.bytes)
    }

    @Test func `Slack`() {
        let body = Array(
            ("token=tok&team_id=T1&team_domain=acme&channel_id=C1&channel_name=general&user_id=U1&user_name=ada"
                + "&command=%2Fweather&text=toronto+week&response_url="
                + "https%3A%2F%2Fchat.example%2Fhooks%2Fcommands%2Fabc&trigger_id=t1").utf8)
        let signature = WebhookSignature.slack(timestamp: time, body: body, secret: "test-signing-secret")
        #expect(signature == "v0=ada9614249f8d78c81d2abdf49cd9160d035ab890f19ca65c7d66620a20ca09a")
        func verify(now: Int64, secret: String = "test-signing-secret") -> Bool {
            WebhookSignature.verifySlack(
                timestamp: "\(time)", signature: signature, body: body, secret: secret, now: now)
        }
        #expect(verify(now: time + 300) && !verify(now: time + 301) && !verify(now: time, secret: "other"))
    }

    @Test func `GitHub`() {
        let body = Array(#"{"zen":"ok"}"#.utf8)
        let signature = "sha256=1df6b65465cd0b55124dcaf86263235e4c6ac70dfee85ea6dfda00b4e0fcf853"
        #expect(WebhookSignature.github(body: body, secret: "test-signing-secret") == signature)
        #expect(WebhookSignature.verifyGitHub(signature: signature, body: body, secret: "test-signing-secret"))
        #expect(!WebhookSignature.verifyGitHub(signature: signature, body: [], secret: "test-signing-secret"))
    }

    @Test func `Stripe and Discord`() throws {
        let mac = Hex.encode(Digest.hmacSHA256(key: Array("s".utf8), data: Array("1700000000.{}".utf8)))
        func stripe(_ header: String, now: Int64 = 1_700_000_000) -> Bool {
            WebhookSignature.verifyStripe(signature: header, body: Array("{}".utf8), secret: "s", now: now)
        }
        #expect(stripe("t=1700000000,v1=00,v1=\(mac)") && !stripe("t=1700000000,v0=\(mac)"))
        #expect(!stripe("v1=\(mac)") && !stripe("t=1700000001,v1=\(mac)") && !stripe("t=1700000000,v1=\(mac)", now: 0))

        let key = try AsymmetricKey.ed25519(seed: Array(0...31))
        let signature = Hex.encode(try key.sign(Array("1700000000{}".utf8)))
        func discord(_ body: String, _ signature: String) -> Bool {
            WebhookSignature.verifyDiscord(
                timestamp: "1700000000", signature: signature, body: Array(body.utf8), key: key, now: time)
        }
        #expect(discord("{}", signature) && !discord("{ }", signature) && !discord("{}", "zz"))
    }
}
