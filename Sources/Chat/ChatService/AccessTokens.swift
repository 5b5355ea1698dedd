import ChatModel
import Crypto
import Synchronization
import Telemetry

/// Issues and reads access tokens: signed, short-lived, bound to a user, an app and a log-in.
final class AccessTokens: Sendable {
    static let lifetime = Duration.seconds(15 * 60)
    private static let issuer = "martlet"

    /// A client shows the same token with each request; to check a signature and read JSON each time would be a
    /// seventh of what a send costs.
    private static let maximumKnown = 10_000

    private let keys: TokenKeys
    /// By the token's SHA-256.
    private let known = Mutex<[[UInt8]: Known]>([:])

    private struct Known {
        let content: Content
        /// Seconds since 1970.
        let expiresAt: Int64
    }

    init(keys: TokenKeys) { self.keys = keys }

    struct Content {
        let userID: UserID
        let appID: AppID
        let session: String
        /// The state of the account when the token was issued; see ``StoredUser/tokenStamp``.
        let stamp: Int64
        /// Seconds since 1970.
        let issuedAt: Int64
    }

    enum Reading {
        case session(Content)
        case operatorToken(OperatorToken)
    }

    func issue(user: UserID, app: AppID, session: String, stamp: Int64) throws -> String {
        let now = Timestamp.nowMilliseconds() / 1000
        return try keys.sign(
            JWTClaims(
                issuer: Self.issuer, subject: user.description, expiresAt: now + Self.lifetime.components.seconds,
                issuedAt: now, id: SecureRandom.token(bytes: 9),
                custom: ["app": .int(app.rawValue), "sid": .string(session), "stp": .int(stamp)]))
    }

    func read(_ token: String) throws(ChatError) -> Reading {
        let now = Timestamp.nowMilliseconds() / 1000
        let digest = Digest.sha256(Array(token.utf8))
        if let known = known.withLock({ $0[digest] }) {
            guard now < known.expiresAt else { throw ChatError.expiredToken }
            return .session(known.content)
        }
        let claims: JWTClaims
        do {
            claims = try keys.verify(token, now: now, leeway: 0)
        } catch {
            throw error == .expired ? ChatError.expiredToken : ChatError.badToken
        }
        if let token = OperatorToken(claims, now: now) { return .operatorToken(token) }
        guard claims.issuer == Self.issuer, let user = Int64(claims.subject),
            case .int(let app)? = claims.custom["app"],
            case .string(let session)? = claims.custom["sid"], case .int(let stamp)? = claims.custom["stp"]
        else { throw ChatError.badToken }
        let content = Content(
            userID: UserID(user), appID: AppID(app), session: session, stamp: stamp,
            issuedAt: claims.issuedAt)
        known.withLock { known in
            if known.count >= Self.maximumKnown { known = known.filter { now < $0.value.expiresAt } }
            if known.count >= Self.maximumKnown { known = [:] }
            known[digest] = Known(content: content, expiresAt: claims.expiresAt)
        }
        return .session(content)
    }
}
