internal import COpenSSL

/// A key pair, or the public half of one: Ed25519 (RFC 8032) or RSA with SHA-256 and PKCS #1 v1.5 padding.
package final class AsymmetricKey: @unchecked Sendable {
    package enum Kind: Sendable { case ed25519, rsa }

    package let kind: Kind
    /// False when this is a public key.
    package let canSign: Bool
    // Never changed after `init`; OpenSSL lets threads share a key for reading.
    private let key: OpaquePointer

    private init(kind: Kind, canSign: Bool, key: OpaquePointer) {
        self.kind = kind
        self.canSign = canSign
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// Makes the pair that a seed of 32 bytes stands for.
    package static func ed25519(seed: [UInt8]) throws(CryptoError) -> AsymmetricKey {
        guard seed.count == 32, let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
            throw .openSSL(.invalidKey, "an Ed25519 seed has 32 bytes")
        }
        return AsymmetricKey(kind: .ed25519, canSign: true, key: key)
    }

    /// Takes a public key of 32 bytes.
    package static func ed25519(publicKey: [UInt8]) throws(CryptoError) -> AsymmetricKey {
        guard publicKey.count == 32,
            let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKey.count)
        else { throw .openSSL(.invalidKey, "an Ed25519 public key has 32 bytes") }
        return AsymmetricKey(kind: .ed25519, canSign: false, key: key)
    }

    /// Reads a private key (PKCS #8 or PKCS #1) or a public key (SubjectPublicKeyInfo) of at least 2048 bits.
    package static func rsa(pem: String) throws(CryptoError) -> AsymmetricKey {
        let isPrivate = pem.contains("PRIVATE KEY-----")
        let bytes = Array(pem.utf8)
        guard let source = BIO_new_mem_buf(bytes, Int32(clamping: bytes.count)) else {
            throw .openSSL("a PEM text cannot be read")
        }
        defer { BIO_free(source) }
        let read =
            isPrivate
            ? PEM_read_bio_PrivateKey(source, nil, refusePassphrase, nil)
            : PEM_read_bio_PUBKEY(source, nil, refusePassphrase, nil)
        guard let read else { throw .openSSL(.invalidKey, "the PEM text holds no readable key") }
        let key = AsymmetricKey(kind: .rsa, canSign: isPrivate, key: read)
        guard EVP_PKEY_get_base_id(read) == EVP_PKEY_RSA else {
            throw CryptoError(.invalidKey, "the PEM text holds a key of another kind than RSA")
        }
        guard EVP_PKEY_get_bits(read) >= 2048 else {
            throw CryptoError(.invalidKey, "an RSA key needs at least 2048 bits")
        }
        return key
    }

    /// The 32 bytes of an Ed25519 public key; empty for RSA.
    package var rawPublicKey: [UInt8] {
        guard kind == .ed25519 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            count = 32
            precondition(EVP_PKEY_get_raw_public_key(key, buffer.baseAddress, &count) == 1 && count == 32)
        }
    }

    /// Signs `bytes`.
    ///
    /// - Throws: `invalidKey` when this is a public key.
    package func sign(_ bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard canSign else { throw CryptoError(.invalidKey, "a public key cannot sign") }
        let context = DigestContext()
        var count = Int(EVP_PKEY_get_size(key))
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSignInit(context.pointer, nil, digest, nil, key) == 1,
            EVP_DigestSign(context.pointer, &signature, &count, bytes, bytes.count) == 1
        else { throw .openSSL("signing failed") }
        return Array(signature.prefix(count))
    }

    package func verify(_ bytes: [UInt8], signature: [UInt8]) -> Bool {
        let context = DigestContext()
        let isValid =
            EVP_DigestVerifyInit(context.pointer, nil, digest, nil, key) == 1
            && EVP_DigestVerify(context.pointer, signature, signature.count, bytes, bytes.count) == 1
        // A signature that does not hold leaves entries behind, which a later call would take for its own.
        if !isValid { ERR_clear_error() }
        return isValid
    }

    /// Ed25519 hashes by itself.
    private var digest: OpaquePointer? { kind == .rsa ? EVP_sha256() : nil }
}

/// Owner of one `EVP_MD_CTX`.
private final class DigestContext {
    let pointer: OpaquePointer

    init() {
        guard let pointer = EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        self.pointer = pointer
    }

    deinit { EVP_MD_CTX_free(pointer) }
}

/// OpenSSL would ask on the terminal otherwise.
private func refusePassphrase(
    _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, _: UnsafeMutableRawPointer?
) -> Int32 { -1 }
