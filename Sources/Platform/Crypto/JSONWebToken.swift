import Foundation

/// Writes and reads signed tokens in the compact form (RFC 7515, section 7.1), as RFC 8725 advises.
package enum JSONWebToken {
    /// Longer texts are refused before anything of them is looked at.
    package static let maximumBytes = 8 * 1024

    /// Signs `claims`.
    ///
    /// - Throws: ``CryptoError`` when the key cannot sign or the token would be longer than ``maximumBytes``.
    package static func sign(_ claims: JWTClaims, with key: SigningKey) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = key.encodedHeader + "." + Base64URL.encode(Array(try encoder.encode(claims)))
        let token = text + "." + Base64URL.encode(try key.sign(Array(text.utf8)))
        guard token.utf8.count <= maximumBytes else {
            throw CryptoError(.malformed, "the claims of a token are too long")
        }
        return token
    }

    /// Checks a token with the key that it names, then its times.
    ///
    /// Who may use it where (`iss`, `aud`, revocation by `jti`) is for the caller to judge.
    ///
    /// - Parameters:
    ///   - key: Gives the key for a `kid`; nil when there is none of that name.
    ///   - now: Seconds since 1970.
    ///   - leeway: Seconds by which the clocks of two machines may differ.
    package static func verify(
        _ token: String, key: (_ id: String) -> SigningKey?, now: Int64, leeway: Int64 = 30
    ) throws(JWTError) -> JWTClaims {
        guard token.utf8.count <= maximumBytes else { throw .malformed }
        let parts = token.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let header = decode(Header.self, parts[0]), header.crit == nil,
            let signature = Base64URL.decode(parts[2])
        else { throw .malformed }
        guard let id = header.kid, let key = key(id), header.alg == key.algorithm.rawValue,
            key.verify(Array("\(parts[0]).\(parts[1])".utf8), signature: signature)
        else { throw .badSignature }
        guard let claims = decode(JWTClaims.self, parts[1]) else { throw .malformed }
        // Saturating sums: a signed token may still hold absurd times.
        let (end, isEndless) = claims.expiresAt.addingReportingOverflow(leeway)
        guard isEndless || now < end else { throw .expired }
        if let start = claims.notBefore, start > now, start - now > leeway { throw .notYetValid }
        return claims
    }

    private struct Header: Decodable {
        var alg: String
        var kid: String?
        /// Extensions that must be understood; none is.
        var crit: [String]?
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ part: Substring) -> Value? {
        guard let bytes = Base64URL.decode(part) else { return nil }
        return try? JSONDecoder().decode(type, from: Data(bytes))
    }
}

/// Why a token was refused.
package enum JWTError: Error, Sendable, Equatable {
    /// No token at all: wrong shape, too long, not JSON, without an end.
    case malformed
    /// Not signed by a key that we accept, in the way this key signs.
    case badSignature
    case expired
    case notYetValid
}
