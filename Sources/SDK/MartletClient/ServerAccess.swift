import Foundation

/// Which server a command of the terminal calls, and as whom.
///
/// Options win over the environment; with neither a token nor a user it is the administrator whom the server has made
/// at its first start, from the server's data folder.
package struct ServerAccess: Sendable {
    /// The options that are read, without dashes; each takes a value.
    package static let options: Set = ["url", "token", "user", "password", "data"]

    /// What the options mean, for a command's help.
    package static let usage = """
          --url URL          the server; MARTLET_URL, or http://127.0.0.1:8080
          --token TOKEN      an administrator's access token; MARTLET_TOKEN
          --user HANDLE      an administrator; MARTLET_USER
          --password TEXT    the password; MARTLET_PASSWORD, which other users of the machine cannot see
          --data FOLDER      the server's data folder, for the administrator that it made at its first start, used
                             when no token and no user is given; MARTLET_DATA, or ./data
        """

    /// Where the server is.
    package let url: String
    /// Who calls.
    package let credentials: MartletCredentials

    /// - Parameter options: By name, without dashes.
    /// - Throws: ``MartletClientError`` with the code `no_credentials`.
    package init(options: [String: String], environment: [String: String]) throws(MartletClientError) {
        url = options["url"] ?? environment["MARTLET_URL"] ?? "http://127.0.0.1:8080"
        credentials = try Self.credentials(options, environment)
    }

    private static func credentials(
        _ options: [String: String], _ environment: [String: String]
    ) throws(MartletClientError) -> MartletCredentials {
        func given(_ option: String, _ variable: String) -> String? {
            (options[option] ?? environment[variable]).flatMap { $0.isEmpty ? nil : $0 }
        }
        // What stands on the command line wins over the environment, whatever it is.
        if options["user"] == nil, let token = given("token", "MARTLET_TOKEN") { return .token(token) }
        if let user = given("user", "MARTLET_USER") {
            guard let password = given("password", "MARTLET_PASSWORD") else {
                throw missing("Say the password of \(user): MARTLET_PASSWORD or --password.")
            }
            return .password(handle: user, password: password)
        }
        struct File: Decodable {
            var handle: String
            var password: String
        }
        let path = (given("data", "MARTLET_DATA") ?? "./data") + "/admin.json"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw missing(
                "Say who you are: --token, --user and --password, or --data with the server's data folder "
                    + "(there is no readable \(path)).")
        }
        guard let file = try? JSONDecoder().decode(File.self, from: data) else {
            throw missing("\(path) is not the file of an administrator's handle and password.")
        }
        return .password(handle: file.handle, password: file.password)
    }

    private static func missing(_ sentence: String) -> MartletClientError {
        MartletClientError(code: "no_credentials", detail: sentence)
    }
}
