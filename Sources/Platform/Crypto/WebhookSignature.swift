/// Signatures of webhooks: our own (Standard Webhooks 1.0.0) and those of senders that people have already.
///
/// Bodies are the raw bytes of the request, never JSON that was read and written again. Times are seconds since 1970;
/// a request whose time is further than the tolerance from `now` is refused as a replay.
package enum WebhookSignature {
    package static let tolerance: Int64 = 300
    /// More entries of a signature header are not looked at.
    private static let maximumEntries = 16

    // MARK: Standard Webhooks

    /// The entry `v1,<base64>`.
    ///
    /// - Parameter timestamp: The time of this attempt.
    package static func standard(id: String, timestamp: Int64, body: [UInt8], secret: WebhookSecret) -> String {
        let data = Array("\(id).\(timestamp).".utf8) + body
        return "v1," + Base64.encode(Digest.hmacSHA256(key: secret.bytes, data: data))
    }

    /// The entry `v1a,<base64>`, with Ed25519.
    package static func standard(
        id: String, timestamp: Int64, body: [UInt8], key: AsymmetricKey
    ) throws(CryptoError) -> String {
        "v1a," + Base64.encode(try key.sign(Array("\(id).\(timestamp).".utf8) + body))
    }

    /// Whether any entry of `webhook-signature` is by any of the secrets or keys, and the time is near.
    package static func verifyStandard(
        id: String, timestamp: String, signature: String, body: [UInt8], secrets: [WebhookSecret] = [],
        keys: [AsymmetricKey] = [], now: Int64, tolerance: Int64 = tolerance
    ) -> Bool {
        guard let time = near(timestamp, now, tolerance) else { return false }
        let expected = secrets.map { standard(id: id, timestamp: time, body: body, secret: $0) }
        let data = Array("\(id).\(time).".utf8) + body
        var isValid = false
        for entry in signature.split(separator: " ").prefix(maximumEntries) {
            for text in expected where ConstantTime.equal(text, String(entry)) { isValid = true }
            guard entry.hasPrefix("v1a,"), let bytes = Base64.decode(entry.dropFirst(4)) else { continue }
            for key in keys where key.verify(data, signature: bytes) { isValid = true }
        }
        return isValid
    }

    // MARK: Slack

    /// `X-Slack-Signature`: `v0=` and the hex HMAC of `v0:<timestamp>:<body>`.
    package static func slack(timestamp: Int64, body: [UInt8], secret: String) -> String {
        "v0=" + hexHMAC(secret, Array("v0:\(timestamp):".utf8) + body)
    }

    package static func verifySlack(
        timestamp: String, signature: String, body: [UInt8], secret: String, now: Int64,
        tolerance: Int64 = tolerance
    ) -> Bool {
        guard let time = near(timestamp, now, tolerance) else { return false }
        return ConstantTime.equal(slack(timestamp: time, body: body, secret: secret), signature)
    }

    // MARK: GitHub

    /// `X-Hub-Signature-256`: `sha256=` and the hex HMAC of the body.
    package static func github(body: [UInt8], secret: String) -> String { "sha256=" + hexHMAC(secret, body) }

    package static func verifyGitHub(signature: String, body: [UInt8], secret: String) -> Bool {
        ConstantTime.equal(github(body: body, secret: secret), signature)
    }

    // MARK: Stripe

    /// `Stripe-Signature`: `t=<time>,v1=<hex HMAC of "t.body">`; any `v1` may match.
    package static func verifyStripe(
        signature: String, body: [UInt8], secret: String, now: Int64, tolerance: Int64 = tolerance
    ) -> Bool {
        let entries = signature.split(separator: ",").prefix(maximumEntries)
        guard let text = entries.first(where: { $0.hasPrefix("t=") })?.dropFirst(2),
            let time = near(String(text), now, tolerance)
        else { return false }
        let expected = "v1=" + hexHMAC(secret, Array("\(time).".utf8) + body)
        return entries.reduce(false) { $0 || ConstantTime.equal(expected, String($1)) }
    }

    // MARK: Discord

    /// `X-Signature-Ed25519`: the hex signature of `X-Signature-Timestamp` and the body.
    package static func verifyDiscord(
        timestamp: String, signature: String, body: [UInt8], key: AsymmetricKey, now: Int64,
        tolerance: Int64 = tolerance
    ) -> Bool {
        guard near(timestamp, now, tolerance) != nil, let bytes = Hex.decode(signature) else { return false }
        return key.verify(Array(timestamp.utf8) + body, signature: bytes)
    }

    private static func hexHMAC(_ secret: String, _ data: [UInt8]) -> String {
        Hex.encode(Digest.hmacSHA256(key: Array(secret.utf8), data: data))
    }

    /// The time that `text` names, if it is written as a plain number and lies near `now`.
    private static func near(_ text: String, _ now: Int64, _ tolerance: Int64) -> Int64? {
        guard (1...15).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let time = Int64(text), "\(time)" == text, abs(time - now) <= tolerance
        else { return nil }
        return time
    }
}
