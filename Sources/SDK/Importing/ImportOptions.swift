import Foundation
import MartletClient

/// What the command line and the environment ask for.
struct ImportOptions {
    static let usage = """
        Usage: martlet import irc FILE… --channel NAME [options]

        Brings IRC logs into a channel: every line that is not blank becomes one message of the person who said it,
        with the time at which it was said. Running it again doubles nothing.

          --channel NAME     the channel; made when there is none of this name
          --url URL          the server; MARTLET_URL, or http://127.0.0.1:8080
          --token TOKEN      an administrator's access token; MARTLET_TOKEN
          --user HANDLE      an administrator; MARTLET_USER
          --password TEXT    the password; MARTLET_PASSWORD, which other users of the machine cannot see
          --data FOLDER      the server's data folder, for the administrator that it made at its first start, used
                             when no token and no user is given; MARTLET_DATA, or ./data
          --patience SECONDS how long the server may be away; 60
          --skip-refused     go on past lines that the server refuses, moderation's refusals among them
          --json             print the summary as JSON
        """

    var files: [String] = []
    var channel = ""
    var url = "http://127.0.0.1:8080"
    var credentials = MartletCredentials.token("")
    var patience = Duration.seconds(60)
    var skipsRefused = false
    var printsJSON = false

    /// - Parameter arguments: What follows `import`.
    init(arguments: [String], environment: [String: String]) throws(ImportError) {
        if arguments.contains("--help") || arguments.contains("-h") { throw ImportError(.usage, Self.usage) }
        guard arguments.first == "irc" else {
            throw ImportError(.usage, "What to import? There is one kind of log: irc.\n\n\(Self.usage)")
        }
        let values = try read(arguments.dropFirst())
        guard !files.isEmpty else { throw ImportError(.usage, "Name at least one log file.\n\n\(Self.usage)") }
        guard let name = values["--channel"].map({ $0.hasPrefix("#") ? String($0.dropFirst()) : $0 }), !name.isEmpty
        else {
            throw ImportError(.usage, "Say where the messages go: --channel NAME.")
        }
        channel = name
        url = values["--url"] ?? environment["MARTLET_URL"] ?? url
        if let text = values["--patience"] {
            guard let seconds = Int(text), (0...86_400).contains(seconds) else {
                throw ImportError(.usage, "--patience takes a number of seconds, not \"\(text)\".")
            }
            patience = .seconds(seconds)
        }
        credentials = try Self.credentials(values, environment)
    }

    private mutating func read(_ arguments: ArraySlice<String>) throws(ImportError) -> [String: String] {
        let names: Set = ["--channel", "--url", "--token", "--user", "--password", "--data", "--patience"]
        var values: [String: String] = [:]
        var rest = arguments
        while let argument = rest.popFirst() {
            if argument == "--" {
                files += rest
                break
            }
            guard argument.hasPrefix("--") else {
                files.append(argument)
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch parts[0] {
            case "--json" where parts.count == 1: printsJSON = true
            case "--skip-refused" where parts.count == 1: skipsRefused = true
            case let name where names.contains(name):
                guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                    throw ImportError(.usage, "\(name) needs a value.")
                }
                values[name] = value
            default: throw ImportError(.usage, "There is no option \(argument).\n\n\(Self.usage)")
            }
        }
        return values
    }

    private static func credentials(
        _ values: [String: String], _ environment: [String: String]
    ) throws(ImportError) -> MartletCredentials {
        func given(_ option: String, _ variable: String) -> String? {
            (values[option] ?? environment[variable]).flatMap { $0.isEmpty ? nil : $0 }
        }
        // What stands on the command line wins over the environment, whatever it is.
        if values["--user"] == nil, let token = given("--token", "MARTLET_TOKEN") { return .token(token) }
        if let user = given("--user", "MARTLET_USER") {
            guard let password = given("--password", "MARTLET_PASSWORD") else {
                throw ImportError(.usage, "Say the password of \(user): MARTLET_PASSWORD or --password.")
            }
            return .password(handle: user, password: password)
        }
        struct File: Decodable {
            var handle: String
            var password: String
        }
        let path = (given("--data", "MARTLET_DATA") ?? "./data") + "/admin.json"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ImportError(
                .usage,
                "Say who imports: --token, --user and --password, or --data with the server's data folder "
                    + "(there is no readable \(path)).")
        }
        guard let file = try? JSONDecoder().decode(File.self, from: data) else {
            throw ImportError(.usage, "\(path) is not the file of an administrator's handle and password.")
        }
        return .password(handle: file.handle, password: file.password)
    }
}
