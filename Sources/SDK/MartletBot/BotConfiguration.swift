public import Foundation

/// Where a bot finds its server and who it is there.
public struct BotConfiguration: Sendable, CustomStringConvertible {
    /// The server's address: `https://chat.example.org`.
    public var url: String
    /// The bot's token, `mbt_…`.
    public var token: String
    /// Where the bot's state is kept; nil for `<name>.state.json` in the working folder.
    public var stateFile: String?
    /// Whether the log holds every step.
    public var isVerbose: Bool

    /// Makes a configuration; nothing is read.
    public init(url: String, token: String, stateFile: String? = nil, isVerbose: Bool = false) {
        self.url = url
        self.token = token
        self.stateFile = stateFile
        self.isVerbose = isVerbose
    }

    /// Reads `MARTLET_URL`, `MARTLET_BOT_TOKEN` (or the file that `MARTLET_BOT_TOKEN_FILE` names),
    /// `MARTLET_BOT_STATE` and `MARTLET_BOT_VERBOSE`.
    ///
    /// - Throws: ``BotError`` with the code `configuration`, naming the variable.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        guard let url = environment["MARTLET_URL"], !url.isEmpty else {
            throw BotError(.configuration, "MARTLET_URL has to be the server's address, such as http://127.0.0.1:8080")
        }
        var token = environment["MARTLET_BOT_TOKEN"] ?? ""
        if token.isEmpty, let file = environment["MARTLET_BOT_TOKEN_FILE"] {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw BotError(.configuration, "MARTLET_BOT_TOKEN_FILE names a file that cannot be read")
            }
            token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard !token.isEmpty else {
            throw BotError(.configuration, "MARTLET_BOT_TOKEN has to be the bot's token; POST /v1/bots makes one")
        }
        self.init(
            url: url, token: token, stateFile: environment["MARTLET_BOT_STATE"],
            isVerbose: environment["MARTLET_BOT_VERBOSE"].map { $0 != "0" && !$0.isEmpty } ?? false)
    }

    /// The address; never the token.
    public var description: String { "bot at \(url)" }
}
