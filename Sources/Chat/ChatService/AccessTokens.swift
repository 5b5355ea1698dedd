import ChatModel
import Crypto
import Telemetry

/// Issues and reads access tokens: signed, short-lived, bound to a user, an app and a log-in.
final class AccessTokens: Sendable {
    static let lifetime = Duration.seconds(15 * 60)
    private static let issuer = "martlet"

    private let keys: TokenKeys

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

    func issue(user: UserID, app: AppID, session: String, stamp: Int64) throws -> String {
        let now = Timestamp.nowMilliseconds() / 1000
        return try keys.sign(
            JWTClaims(
                issuer: Self.issuer, subject: user.description, expiresAt: now + Self.lifetime.components.seconds,
                issuedAt: now, id: SecureRandom.token(bytes: 9),
                custom: ["app": .int(app.rawValue), "sid": .string(session), "stp": .int(stamp)]))
    }

    func read(_ token: String) throws(ChatError) -> Content {
        let claims: JWTClaims
        do {
            claims = try keys.verify(token, now: Timestamp.nowMilliseconds() / 1000, leeway: 0)
        } catch {
            throw error == .expired ? ChatError.expiredToken : ChatError.badToken
        }
        guard claims.issuer == Self.issuer, let user = Int64(claims.subject),
            case .int(let app)? = claims.custom["app"],
            case .string(let session)? = claims.custom["sid"], case .int(let stamp)? = claims.custom["stp"]
        else { throw ChatError.badToken }
        return Content(
            userID: UserID(user), appID: AppID(app), session: session, stamp: stamp,
            issuedAt: claims.issuedAt)
    }
}
