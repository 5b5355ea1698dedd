import Foundation

/// Which server a command of the terminal calls, and as whom.
///
/// Options win over the environment; with neither a token nor a user it is whoever can read the server's data folder, as
/// the server's administrator.
package struct ServerAccess: Sendable {
    /// The options that are read, without dashes; each takes a value.
    package static let options: Set = ["url", "ca-file", "token", "user", "password", "data"]
    /// In the data folder: where its server listens.
    package static let addressFile = "server.url"

    /// What the options mean, for a command's help.
    package static let usage = """
          --url URL          the server, or unix:/path for a Unix socket; MARTLET_URL, or where the server of the
                             data folder listens, or http://127.0.0.1:8080
          --ca-file FILE     authorities in PEM to trust in place of the system's; MARTLET_CA_FILE
          --token TOKEN      an administrator's access token; MARTLET_TOKEN
          --user HANDLE      an administrator; MARTLET_USER
          --password TEXT    the password; MARTLET_PASSWORD, which other users of the machine cannot see
          --data FOLDER      the server's data folder, whose key makes this the administrator's command, used when no
                             token and no user is given; MARTLET_DATA, or ./data
        """

    /// Where the server is.
    package let url: String
    /// Who calls.
    package let credentials: MartletCredentials
    /// Authorities to trust in place of the system's.
    package let caFile: String?
    /// The data folder whose key the caller can read; nil when a token or a password speaks.
    package let folder: String?

    /// - Parameter options: By name, without dashes.
    /// - Throws: ``MartletClientError`` with the code `no_credentials`.
    package init(options: [String: String], environment: [String: String]) throws(MartletClientError) {
        caFile = Self.given("ca-file", "MARTLET_CA_FILE", options, environment)
        if let caFile, !FileManager.default.isReadableFile(atPath: caFile) {
            throw MartletClientError(
                code: "no_ca_file", detail: "There is no readable file of authorities \(caFile) (--ca-file).")
        }
        (credentials, folder) = try Self.credentials(options, environment)
        url =
            Self.given("url", "MARTLET_URL", options, environment) ?? folder.flatMap(Self.address)
            ?? "http://127.0.0.1:8080"
    }

    /// Where the server of a data folder listens, as it has written it there.
    private static func address(in folder: String) -> String? {
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(addressFile)"), data.count <= 1024 else {
            return nil
        }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? nil : text
    }

    private static func given(
        _ option: String, _ variable: String, _ options: [String: String], _ environment: [String: String]
    ) -> String? {
        (options[option] ?? environment[variable]).flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func credentials(
        _ options: [String: String], _ environment: [String: String]
    ) throws(MartletClientError) -> (MartletCredentials, folder: String?) {
        func given(_ option: String, _ variable: String) -> String? {
            Self.given(option, variable, options, environment)
        }
        // What stands on the command line wins over the environment, whatever it is.
        if options["user"] == nil, let token = given("token", "MARTLET_TOKEN") { return (.token(token), nil) }
        if let user = given("user", "MARTLET_USER") {
            guard let password = given("password", "MARTLET_PASSWORD") else {
                throw missing("Say the password of \(user): MARTLET_PASSWORD or --password.")
            }
            return (.password(handle: user, password: password), nil)
        }
        let folder = given("data", "MARTLET_DATA") ?? "./data"
        // A secret of the configuration takes the place of the key in the folder.
        if let text = environment["MARTLET_AUTH_SECRET"], !text.isEmpty {
            return (.operatorKey(OperatorKey(secret: text)), folder)
        }
        if let key = try OperatorKey(dataFolder: folder) { return (.operatorKey(key), folder) }
        struct File: Decodable {
            var handle: String
            var password: String
        }
        let path = folder + "/admin.json"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw missing(
                "Say who you are: --token, --user and --password, or --data with the server's data folder "
                    + "(there is no readable \(folder)/token.key).")
        }
        guard let file = try? JSONDecoder().decode(File.self, from: data) else {
            throw missing("\(path) is not the file of an administrator's handle and password.")
        }
        return (.password(handle: file.handle, password: file.password), folder)
    }

    private static func missing(_ sentence: String) -> MartletClientError {
        MartletClientError(code: "no_credentials", detail: sentence)
    }
}
