import Crypto
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OperatorTokenTests {
    private let now: Int64 = 1_800_000_000

    @Test func `what was signed with the key of a server is read with it, and with no other`() throws {
        let secret = [UInt8](repeating: 7, count: 32)
        let token = try OperatorToken.sign(app: "main", secret: secret, now: now)
        let claims = try TokenKeys(keys: [.token(secret: secret)]).verify(token, now: now)
        #expect(OperatorToken(claims, now: now)?.app == "main")
        #expect(throws: JWTError.self) {
            try TokenKeys(keys: [.token(secret: [UInt8](repeating: 8, count: 32))]).verify(token, now: now)
        }
        #expect(throws: JWTError.expired) {
            try TokenKeys(keys: [.token(secret: secret)]).verify(
                token, now: now + OperatorToken.lifetime + 1, leeway: 0)
        }
    }

    @Test(arguments: [
        ("martlet", 0, 120), ("martlet-operator", 0, 301), ("martlet-operator", 301, 421), ("martlet-operator", 0, 0),
        ("martlet-operator", Int64.max - 1_800_000_000, Int64.max - 1_800_000_000), ("", 0, 120),
    ])
    func `a token of a log-in, or one that is good for long, is none of an operator`(
        issuer: String, issued: Int64, end: Int64
    ) {
        let claims = JWTClaims(issuer: issuer, subject: "main", expiresAt: now + end, issuedAt: now + issued)
        #expect(OperatorToken(claims, now: now) == nil)
    }
}
