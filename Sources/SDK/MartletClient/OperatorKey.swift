import Crypto
import Telemetry

/// The key of a server's data folder: who can read it runs the server, and needs no account.
public struct OperatorKey: Sendable {
    private let secret: [UInt8]

    private init(_ secret: [UInt8]) { self.secret = secret }

    /// Reads the key that a server keeps in its data folder.
    ///
    /// - Returns: nil when there is none: no server has started there, or its key stands in its configuration.
    /// - Throws: ``MartletClientError`` with the code `bad_key` when the file cannot be read or is none.
    public init?(dataFolder: String) throws(MartletClientError) {
        do {
            guard let secret = try KeyFile.load(path: dataFolder + "/token.key") else { return nil }
            self.init(secret)
        } catch {
            throw MartletClientError(
                code: "bad_key", detail: "\(error.description). Run this as the user that the server runs as.")
        }
    }

    /// Takes the `auth.secret` of a server's configuration.
    public init(secret text: String) { self.init(SigningKey.secret(ofText: text)) }

    /// A token that is good for two minutes.
    func token() throws -> String {
        try OperatorToken.sign(app: "main", secret: secret, now: Timestamp.nowMilliseconds() / 1000)
    }
}
