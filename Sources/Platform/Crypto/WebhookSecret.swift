/// A key of Standard Webhooks 1.0.0, shown as `whsec_` and base64.
package struct WebhookSecret: Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    /// Reads `whsec_` and the base64 of 24 to 64 bytes; nil when `text` is something else.
    package init?(text: String) {
        guard text.hasPrefix("whsec_"), let bytes = Base64.decode(text.dropFirst(6)),
            (24...64).contains(bytes.count)
        else { return nil }
        self.bytes = bytes
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    package static func generate() -> WebhookSecret { WebhookSecret(bytes: SecureRandom.bytes(32)) }

    /// What its owner is shown once.
    package var text: String { "whsec_" + Base64.encode(bytes) }

    /// Hides the key, should a log or an error print it.
    package var description: String { "whsec_…" }
}

extension AsymmetricKey {
    /// Reads `whsk_` (the seed of 32 bytes, or seed and public key in 64) or `whpk_` (a public key), each in base64.
    package static func webhook(_ text: String) throws(CryptoError) -> AsymmetricKey {
        let bytes = Base64.decode(text.dropFirst(5)) ?? []
        if text.hasPrefix("whsk_"), bytes.count == 32 || bytes.count == 64 {
            return try ed25519(seed: Array(bytes.prefix(32)))
        }
        if text.hasPrefix("whpk_"), bytes.count == 32 { return try ed25519(publicKey: bytes) }
        throw CryptoError(.invalidKey, "a webhook key is whsk_ or whpk_ and base64")
    }

    /// The public key as receivers of webhooks are told it.
    package var webhookPublicKey: String { "whpk_" + Base64.encode(rawPublicKey) }
}
