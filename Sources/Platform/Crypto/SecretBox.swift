internal import COpenSSL

/// Seals secrets that have to be stored: AES-256-GCM under a named key, as `v1.<kid>.<base64url>`.
///
/// What is encoded is nonce (12 bytes), cipher text and tag (16 bytes). The random nonce keeps a key good for 2^32
/// seals (NIST SP 800-38D, section 8.3).
package struct SecretBox: Sendable {
    package struct Key: Sendable {
        package let id: String
        fileprivate let bytes: [UInt8]

        /// Takes 32 random bytes; the id has letters, digits, underscores and hyphens.
        package init(id: String, bytes: [UInt8]) throws(CryptoError) {
            guard KeyID.isValid(id), !id.contains("."), bytes.count == 32 else {
                throw CryptoError(.invalidKey, "a sealing key has 32 bytes and a plain id without dots")
            }
            self.id = id
            self.bytes = bytes
        }
    }

    private let keys: [Key]

    /// Seals with the first key and opens with any.
    package init(keys: [Key]) throws(CryptoError) {
        guard !keys.isEmpty, Set(keys.map(\.id)).count == keys.count else {
            throw CryptoError(.invalidKey, "a secret box needs a key, and no two of one id")
        }
        self.keys = keys
    }

    /// Encrypts `secret`.
    ///
    /// - Parameter context: Where the text will stand (`hook/17/secret`): it opens there only.
    package func seal(_ secret: [UInt8], context: String) throws(CryptoError) -> String {
        let key = keys[0]
        let head = "v1.\(key.id)."
        let nonce = SecureRandom.bytes(12)
        let cipher = CipherContext()
        var sealed = [UInt8](repeating: 0, count: secret.count + 16)
        var tag = [UInt8](repeating: 0, count: 16)
        var count: Int32 = 0
        let bound = Array((head + context).utf8)
        guard secret.count <= 1 << 24,
            EVP_EncryptInit_ex(cipher.pointer, EVP_aes_256_gcm(), nil, key.bytes, nonce) == 1,
            EVP_EncryptUpdate(cipher.pointer, nil, &count, bound, Int32(bound.count)) == 1,
            EVP_EncryptUpdate(cipher.pointer, &sealed, &count, secret, Int32(secret.count)) == 1,
            Int(count) == secret.count, EVP_EncryptFinal_ex(cipher.pointer, &tag, &count) == 1,
            EVP_CIPHER_CTX_ctrl(cipher.pointer, EVP_CTRL_AEAD_GET_TAG, 16, &tag) == 1
        else { throw .openSSL("sealing failed") }
        return head + Base64URL.encode(nonce + sealed.prefix(secret.count) + tag)
    }

    /// Decrypts what ``seal(_:context:)`` wrote.
    ///
    /// - Throws: ``CryptoError`` `malformed`, or `notAuthentic` when the key is gone, the context is another, or the
    ///   text was changed.
    package func open(_ text: String, context: String) throws(CryptoError) -> [UInt8] {
        let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "v1", let bytes = Base64URL.decode(parts[2]), bytes.count >= 28,
            bytes.count <= 1 << 25
        else { throw CryptoError(.malformed, "this is no sealed secret") }
        guard let key = keys.first(where: { $0.id == parts[1] }) else {
            throw CryptoError(.notAuthentic, "the key that sealed this secret is not among the keys")
        }
        let nonce = Array(bytes[..<12])
        let sealed = Array(bytes[12..<(bytes.count - 16)])
        var tag = Array(bytes[(bytes.count - 16)...])
        let bound = Array("v1.\(key.id).\(context)".utf8)
        let cipher = CipherContext()
        var secret = [UInt8](repeating: 0, count: sealed.count + 16)
        var count: Int32 = 0
        var rest: Int32 = 0
        guard EVP_DecryptInit_ex(cipher.pointer, EVP_aes_256_gcm(), nil, key.bytes, nonce) == 1,
            EVP_DecryptUpdate(cipher.pointer, nil, &count, bound, Int32(bound.count)) == 1,
            EVP_DecryptUpdate(cipher.pointer, &secret, &count, sealed, Int32(sealed.count)) == 1,
            EVP_CIPHER_CTX_ctrl(cipher.pointer, EVP_CTRL_AEAD_SET_TAG, 16, &tag) == 1,
            EVP_DecryptFinal_ex(cipher.pointer, &tag, &rest) == 1
        else {
            ERR_clear_error()
            throw CryptoError(.notAuthentic, "a sealed secret was changed or stands where it does not belong")
        }
        return Array(secret.prefix(Int(count)))
    }

    /// Whether a text was sealed with another key than the one in use; open and seal it again.
    package func needsRenewal(_ text: String) -> Bool { !text.hasPrefix("v1.\(keys[0].id).") }
}

/// Owner of one `EVP_CIPHER_CTX`.
private final class CipherContext {
    let pointer: OpaquePointer

    init() {
        guard let pointer = EVP_CIPHER_CTX_new() else { preconditionFailure("out of memory") }
        self.pointer = pointer
    }

    deinit { EVP_CIPHER_CTX_free(pointer) }
}
