/// A key for JSON Web Tokens (RFC 7515) with its name and its one algorithm.
///
/// The algorithm belongs to the key and is never taken from a token: a token cannot turn a public RSA key into an HMAC
/// secret, nor switch signatures off.
package struct SigningKey: Sendable {
    package enum Algorithm: String, Sendable {
        case hs256 = "HS256"
        case rs256 = "RS256"
        case edDSA = "EdDSA"
    }

    private enum Material: Sendable {
        case secret([UInt8])
        case pair(AsymmetricKey)
    }

    /// The `kid` of tokens: 1 to 64 of `A-Z a-z 0-9 . _ -`.
    package let id: String
    package let algorithm: Algorithm
    private let material: Material
    /// The header of tokens made with this key, in base64url.
    let encodedHeader: String

    private init(id: String, algorithm: Algorithm, material: Material) throws(CryptoError) {
        guard KeyID.isValid(id) else {
            throw CryptoError(.invalidKey, "a key id has 1 to 64 letters, digits, dots, underscores and hyphens")
        }
        self.id = id
        self.algorithm = algorithm
        self.material = material
        let header = #"{"alg":"\#(algorithm.rawValue)","kid":"\#(id)","typ":"JWT"}"#
        encodedHeader = Base64URL.encode(Array(header.utf8))
    }

    /// HMAC with SHA-256; `secret` has at least 32 bytes (RFC 7518, section 3.2).
    package static func hs256(id: String, secret: [UInt8]) throws(CryptoError) -> SigningKey {
        guard secret.count >= 32 else { throw CryptoError(.invalidKey, "an HS256 secret needs at least 32 bytes") }
        return try SigningKey(id: id, algorithm: .hs256, material: .secret(secret))
    }

    /// RSA with SHA-256; a public key only verifies.
    package static func rs256(id: String, pem: String) throws(CryptoError) -> SigningKey {
        try SigningKey(id: id, algorithm: .rs256, material: .pair(.rsa(pem: pem)))
    }

    /// Ed25519 (RFC 8037); a public key only verifies.
    package static func edDSA(id: String, key: AsymmetricKey) throws(CryptoError) -> SigningKey {
        guard key.kind == .ed25519 else { throw CryptoError(.invalidKey, "EdDSA needs an Ed25519 key") }
        return try SigningKey(id: id, algorithm: .edDSA, material: .pair(key))
    }

    package var canSign: Bool {
        switch material {
        case .secret: true
        case .pair(let key): key.canSign
        }
    }

    package func sign(_ bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
        switch material {
        case .secret(let secret): Digest.hmacSHA256(key: secret, data: bytes)
        case .pair(let key): try key.sign(bytes)
        }
    }

    package func verify(_ bytes: [UInt8], signature: [UInt8]) -> Bool {
        switch material {
        case .secret(let secret): ConstantTime.equal(Digest.hmacSHA256(key: secret, data: bytes), signature)
        case .pair(let key): key.verify(bytes, signature: signature)
        }
    }
}

/// Names of keys, which stand unescaped in tokens and sealed texts.
enum KeyID {
    static func isValid(_ id: String) -> Bool {
        (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
    }
}
