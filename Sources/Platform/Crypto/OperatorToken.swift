/// What a program signs that can read the key of a server's data folder: "whoever runs this server asks".
///
/// Whoever can read that key can sign everything; a kind of its own needs no account, no password and no log-in, and says
/// in the server that no log-in stands behind it.
package struct OperatorToken: Sendable, Equatable {
    /// The `iss` of these tokens, so that they are never taken for those of a log-in.
    package static let issuer = "martlet-operator"
    /// Seconds that a token is signed for.
    package static let lifetime: Int64 = 120
    /// The longest that is accepted, and how far a clock may be ahead; seconds.
    private static let longest: Int64 = 300

    /// The name of the app.
    package let app: String
    /// Seconds since 1970.
    package let issuedAt: Int64

    /// Signs a token for the operator of an app.
    ///
    /// - Parameters:
    ///   - secret: The server's, as ``SigningKey/token(secret:)`` takes it.
    ///   - now: Seconds since 1970.
    package static func sign(app: String, secret: [UInt8], now: Int64) throws -> String {
        try JSONWebToken.sign(
            JWTClaims(issuer: issuer, subject: app, expiresAt: now + lifetime, issuedAt: now),
            with: try SigningKey.token(secret: secret))
    }

    /// Reads what a token says whose signature and end were checked.
    ///
    /// - Returns: nil for a token of another kind, and for one that was signed for longer than these are.
    package init?(_ claims: JWTClaims, now: Int64) {
        guard claims.issuer == Self.issuer, claims.expiresAt > claims.issuedAt,
            claims.issuedAt <= now.addingReportingOverflow(Self.longest).partialValue,
            claims.expiresAt <= claims.issuedAt.addingReportingOverflow(Self.longest).partialValue
        else { return nil }
        app = claims.subject
        issuedAt = claims.issuedAt
    }
}

extension SigningKey {
    /// The key that signs a server's tokens.
    ///
    /// It is named after its own hash, so that nodes agree on the names whatever the order of their lists.
    package static func token(secret: [UInt8]) throws(CryptoError) -> SigningKey {
        try hs256(id: Hex.encode(Array(Digest.sha256(secret).prefix(6))), secret: secret)
    }

    /// The secret that a text of the configuration stands for.
    package static func secret(ofText text: String) -> [UInt8] { Digest.sha256(Array(text.utf8)) }
}
