import ChatModel
import MartletClient

/// What the command line and the environment ask for.
struct ImportOptions {
    static let usage = """
        Usage: martlet import irc FILE… --channel NAME [options]
               martlet import slack EXPORT.zip [options]
               martlet import mattermost EXPORT.jsonl [options]

        Brings IRC logs into a channel: every line that is not blank becomes one message of the person who said it,
        with the time at which it was said. Running it again doubles nothing. Logs of irssi, weechat and ZNC are told
        apart by what they hold, and "[10:00] <jo> text" is read too.

        Exports of Slack and of Mattermost (bulk export, or a zip with it) come as people, channels, messages, threads
        and reactions; files by their names.

          --channel NAME     the channel; made when there is none of this name
          --zone ZONE        where the log's clock stood, if its lines do not say: Europe/Berlin, +02:00; UTC
        \(ServerAccess.usage)
          --match WHAT       people of an export are the accounts of their handle, or of their email; nobody
          --source NAME      tells exports of several servers apart; slack or mattermost
          --patience SECONDS how long the server may be away; 60
          --skip-refused     go on past lines that the server refuses, moderation's refusals among them
          --json             print the summary as JSON
        """

    enum Kind: String, CaseIterable { case irc, slack, mattermost }

    var kind = Kind.irc
    var match = ImportBatch.Match.nobody
    var source: String?
    var files: [String] = []
    var channel = ""
    var url = ""
    var credentials = MartletCredentials.token("")
    var caFile: String?
    var patience = Duration.seconds(60)
    var zone = LocalZone.utc
    var skipsRefused = false
    var printsJSON = false

    /// - Parameter arguments: What follows `import`.
    init(arguments: [String], environment: [String: String]) throws(ImportError) {
        if arguments.contains("--help") || arguments.contains("-h") { throw ImportError(.usage, Self.usage) }
        guard let kind = arguments.first.flatMap(Kind.init(rawValue:)) else {
            throw ImportError(
                .usage,
                "What to import? There are \(Kind.allCases.map(\.rawValue).joined(separator: ", ")).\n\n\(Self.usage)")
        }
        self.kind = kind
        let values = try read(arguments.dropFirst())
        guard !files.isEmpty else { throw ImportError(.usage, "Name at least one file.\n\n\(Self.usage)") }
        if kind == .irc {
            guard let name = values["--channel"].map({ $0.hasPrefix("#") ? String($0.dropFirst()) : $0 }), !name.isEmpty
            else {
                throw ImportError(.usage, "Say where the messages go: --channel NAME.")
            }
            channel = name
        } else if files.count > 1 {
            throw ImportError(.usage, "One export at a time: \(files.joined(separator: ", ")) are \(files.count).")
        }
        for name in kind == .irc ? ["--match", "--source"] : ["--channel", "--zone"] where values[name] != nil {
            throw ImportError(.usage, "\(name) means nothing to an import of \(kind.rawValue).")
        }
        source = values["--source"]
        if let text = values["--match"] {
            guard let match = ImportBatch.Match(rawValue: text) else {
                throw ImportError(.usage, "--match takes handle, email or nobody, not \"\(text)\".")
            }
            self.match = match
        }
        if let text = values["--patience"] {
            guard let seconds = Int(text), (0...86_400).contains(seconds) else {
                throw ImportError(.usage, "--patience takes a number of seconds, not \"\(text)\".")
            }
            patience = .seconds(seconds)
        }
        if let name = values["--zone"] {
            guard let zone = LocalZone(name) else {
                throw ImportError(
                    .usage, "There is no zone \"\(name)\"; write it as Europe/Berlin, as +02:00, or as UTC.")
            }
            self.zone = zone
        }
        do {
            let options = Dictionary(uniqueKeysWithValues: values.map { (String($0.key.dropFirst(2)), $0.value) })
            let access = try ServerAccess(options: options, environment: environment)
            (url, credentials, caFile) = (access.url, access.credentials, access.caFile)
        } catch {
            throw ImportError(.usage, error.detail)
        }
    }

    private mutating func read(_ arguments: ArraySlice<String>) throws(ImportError) -> [String: String] {
        let names = ServerAccess.options.union(["channel", "patience", "zone", "match", "source"])
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
            case let name where names.contains(String(name.dropFirst(2))):
                guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                    throw ImportError(.usage, "\(name) needs a value.")
                }
                values[name] = value
            default: throw ImportError(.usage, "There is no option \(argument).\n\n\(Self.usage)")
            }
        }
        return values
    }
}
