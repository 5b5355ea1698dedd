/// What shows the server who is calling.
public enum MartletCredentials: Sendable, CustomStringConvertible {
    /// An access token, which ends after some minutes, or a bot's token, which does not.
    case token(String)
    /// A person's handle or address, and the password; the client logs in and renews its tokens by itself.
    case password(handle: String, password: String)
    /// The server's own key, for programs on its machine: they call as its administrator, without a log-in.
    case operatorKey(OperatorKey)

    /// Names the kind alone; never the secret.
    public var description: String {
        switch self {
        case .token: "a token"
        case .password(let handle, _): "the password of \(handle)"
        case .operatorKey: "the key of the data folder"
        }
    }
}
