import Importing
import MartletClient

/// What `--help` says of one command.
struct CommandHelp {
    struct Option {
        /// As it is written: `--after CURSOR`.
        let form: String
        /// What it does, and what holds without it.
        let meaning: String

        init(_ form: String, _ meaning: String) {
            self.form = form
            self.meaning = meaning
        }

        /// `after`, of `--after CURSOR`.
        var name: String { String(form.dropFirst(2).prefix { $0 != " " }) }
    }

    /// `["bridge", "lint"]`.
    let path: [String]
    /// What follows the path.
    let operands: String
    let purpose: String
    var options: [Option] = []
    let example: String
    /// Whether it takes the options that say which server.
    var callsServer = false

    /// The words after `martlet` when they ask for help.
    ///
    /// - Returns: The path that is asked about, which may be empty or unknown; nil when nobody asks.
    static func asked(_ arguments: [String]) -> [String]? {
        let words = arguments.prefix { $0 != "--" }
        if words.first == "help" { return words.dropFirst().filter { !$0.hasPrefix("-") } }
        guard words.contains(where: { $0 == "--help" || $0 == "-h" }), let first = words.first, !first.hasPrefix("-")
        else { return nil }
        let path = words.filter { !$0.hasPrefix("-") }
        // What follows a command are names of files and bridges.
        let known = all.map(\.path).filter { path.starts(with: $0) }.max { $0.count < $1.count }
        return known ?? Array(path.prefix(all.contains { $0.path.first == first } ? 1 : path.count))
    }

    /// The page of a command, or the list of a command's commands; nil when there is none.
    static func text(_ path: [String]) -> String? {
        if let one = all.first(where: { $0.path == path }) { return one.text }
        let below = all.filter { $0.path.starts(with: path) }
        guard !path.isEmpty, !below.isEmpty else { return nil }
        let width = below.map { $0.path.joined(separator: " ").count }.max() ?? 0
        let lines = below.map {
            "  martlet \(TerminalText.padded($0.path.joined(separator: " "), to: width))  \($0.purpose)"
        }
        return """
            \(lines.joined(separator: "\n"))

            `martlet \(path.joined(separator: " ")) COMMAND --help` tells the options of one.
            """
    }

    var text: String {
        let name = "martlet " + path.joined(separator: " ")
        let form = options.isEmpty && !callsServer ? operands : "\(operands) [options]"
        var parts = ["Usage: \(name) \(form)".trimmed, purpose]
        if !options.isEmpty {
            let width = max(18, options.map(\.form.count).max() ?? 0)
            parts.append(
                options.map { "  \(TerminalText.padded($0.form, to: width)) \($0.meaning)" }.joined(separator: "\n"))
        }
        if callsServer { parts.append("Which server, and as whom:\n\(ServerAccess.usage)") }
        parts.append("Example:\n  \(example)")
        return parts.joined(separator: "\n\n")
    }

    private static let json = Option("--json", "print JSON; a table or sentences without it")
    private static let all: [CommandHelp] = [
        CommandHelp(
            path: ["serve"], operands: "", purpose: "Runs the server until SIGTERM or Ctrl-C; SIGHUP reloads.",
            options: [
                .init("--listen ADDRESS", "host:port or unix:/path; 127.0.0.1:8080"),
                .init("--data FOLDER", "where everything is kept; ./data"),
                .init("--roles LIST", "of api, relay, bridges; all of them"),
                .init("--node NAME", "this process among others on one database; the host's name"),
                .init("--config FILE", "the configuration; config/martlet.yaml when it is there"),
                .init("--set KEY=VALUE", "any key of the configuration, such as log.level=debug"),
                .init("--demo", "people, channels, a bot and example bridges to try; none"),
                .init("--print-config", "print what would hold, and end"),
            ], example: "martlet serve --listen 0.0.0.0:8080 --data /var/lib/martlet"),
        CommandHelp(
            path: ["config", "reference"], operands: "", purpose: "Prints every key of the configuration as a page.",
            example: "martlet config reference | less"),
        CommandHelp(
            path: ["config", "example"], operands: "",
            purpose: "Prints a configuration with every key and its default.",
            example: "martlet config example > martlet.yaml"),
        CommandHelp(
            path: ["config", "schema"], operands: "", purpose: "Prints the JSON Schema of the configuration.",
            example: "martlet config schema > martlet.schema.json"),
        CommandHelp(
            path: ["bridge", "kinds"], operands: "", purpose: "Prints the kinds of bridges.",
            example: "martlet bridge kinds"),
        CommandHelp(
            path: ["bridge", "reference"], operands: "[KIND]",
            purpose: "Prints every key of bridge files, or of one kind.",
            example: "martlet bridge reference webhook"),
        CommandHelp(
            path: ["bridge", "lint"], operands: "FILE…|FOLDER…",
            purpose: "Tells what is wrong with bridge files, and where; needs no server. Status 1 when something is.",
            options: [json], example: "martlet bridge lint data/bridges"),
        CommandHelp(
            path: ["bridge", "test"], operands: "FILE…|FOLDER…",
            purpose: "Runs bridges over the fixtures in FILE.tests/, or over past events, without any effect.",
            options: [
                .init("--update", "write what they do into the fixtures; compare only"),
                .init("--past NUMBER", "events of a running server in place of fixtures; 100 with --after"),
                .init("--after PLACE", "begin at a cursor, a time or `beginning`; the newest events"),
                .init("--verbose", "show also what is right; only what is not"), json,
            ], example: "martlet bridge test bridges/workflow.yaml --verbose", callsServer: true),
        CommandHelp(
            path: ["bridge", "list"], operands: "", purpose: "Shows the bridges of a running server.",
            options: [json], example: "martlet bridge list", callsServer: true),
        CommandHelp(
            path: ["bridge", "status"], operands: "[NAME]", purpose: "Shows one bridge in full, or all of them.",
            options: [json], example: "martlet bridge status audit", callsServer: true),
        CommandHelp(
            path: ["bridge", "pause"], operands: "NAME", purpose: "Stops a bridge; its events wait.", options: [json],
            example: "martlet bridge pause audit", callsServer: true),
        CommandHelp(
            path: ["bridge", "resume"], operands: "NAME", purpose: "Lets a paused bridge go on.", options: [json],
            example: "martlet bridge resume audit", callsServer: true),
        CommandHelp(
            path: ["bridge", "dead-letters"], operands: "NAME",
            purpose: "Shows the events that a bridge gave up, and why.",
            options: [json], example: "martlet bridge dead-letters audit --json", callsServer: true),
        CommandHelp(
            path: ["bridge", "retry"], operands: "NAME ID", purpose: "Gives dead letters to their bridge again.",
            options: [.init("--all", "every dead letter of the bridge, in place of ID"), json],
            example: "martlet bridge retry audit --all", callsServer: true),
        CommandHelp(
            path: ["bridge", "drop"], operands: "NAME ID", purpose: "Throws dead letters away.",
            options: [.init("--all", "every dead letter of the bridge, in place of ID"), json],
            example: "martlet bridge drop audit 12", callsServer: true),
        CommandHelp(
            path: ["bridge", "replay"], operands: "NAME --after PLACE",
            purpose: "Sends a bridge past events again, while it goes on with new ones.",
            options: [
                .init("--after PLACE", "begin at a cursor, a time or `beginning`; has to be said"),
                .init("--until PLACE", "end at a cursor or a time; at what is there now"),
                .init("--yes", "do not ask; needed where there is no terminal"),
                .init("--cancel", "end the replay that runs"), json,
            ], example: "martlet bridge replay audit --after 2026-01-31T09:00:00Z", callsServer: true),
        CommandHelp(
            path: ["events", "tail"], operands: "", purpose: "Prints what happens, a line an event, until Ctrl-C.",
            options: [
                .init("--types LIST", "of types, such as message.created; all"),
                .init("--after CURSOR", "go on behind an event; what happens from now on"),
                .init("--count NUMBER", "end after so many; never"), json,
            ], example: "martlet events tail --types message.created --json", callsServer: true),
        CommandHelp(
            path: ["events", "show"], operands: "CURSOR", purpose: "Prints one event as JSON.", options: [json],
            example: "martlet events show 812-77", callsServer: true),
        CommandHelp(
            path: ["events", "replay"], operands: "",
            purpose: "Prints a range of past events in their order, and posts each to a URL.",
            options: [
                .init("--after PLACE", "begin at a cursor or a time; at the oldest event that is kept"),
                .init("--until PLACE", "end at a cursor or a time; at what is there now"),
                .init("--types LIST", "of types; all"), .init("--channel NAME", "events of one channel; of all"),
                .init("--all", "whatever is in the app; what you get yourself"),
                .init("--pace 10x", "so many times faster than it was; as fast as it goes"),
                .init("--to URL", "post each event there, as the webhook bridge does; only print"),
                .init("--allow-loopback", "let URL be on this machine; refused"),
                .init("--secret KEY", "sign with whsec_…; MARTLET_REPLAY_SECRET, or unsigned"), json,
            ], example: "martlet events replay --after 2026-01-31T09:00:00Z --all --json > events.jsonl",
            callsServer: true),
        CommandHelp(
            path: ["events", "schema"], operands: "[TYPE]",
            purpose: "Prints the JSON Schema of one type of event, or of all.",
            example: "martlet events schema message.created"),
        CommandHelp(
            path: ["events", "reference"], operands: "[TYPE]",
            purpose: "Prints the page of one type of event, or the table of all.",
            example: "martlet events reference"),
        CommandHelp(
            path: ["loop", "list"], operands: "",
            purpose: "Shows where automations were stopped because they answered one another without end.",
            options: [json], example: "martlet loop list", callsServer: true),
        CommandHelp(
            path: ["loop", "resume"], operands: "CHANNEL", purpose: "Lets the automations of a channel go on.",
            options: [json], example: "martlet loop resume '#general'", callsServer: true),
        CommandHelp(
            path: ["user", "list"], operands: "", purpose: "Shows the accounts.",
            options: [.init("--query TEXT", "whose handle or name begins with it; all"), json],
            example: "martlet user list --json", callsServer: true),
        CommandHelp(
            path: ["user", "add"], operands: "HANDLE",
            purpose: "Makes an account; its password is asked for, or read from the standard input.",
            options: [
                .init("--name TEXT", "to show; the handle"), .init("--email ADDRESS", "for mail; none"),
                .init("--role ROLE", "admin, member or guest; member"),
                .init("--no-password", "nobody can log in until one is set"), json,
            ], example: "martlet user add ada --name \"Ada Lovelace\"", callsServer: true),
        CommandHelp(
            path: ["user", "close"], operands: "HANDLE", purpose: "Closes an account; its messages stay.",
            options: [
                .init("--hand-over-to HANDLE", "gets the channels that nobody else owns; refused if there are any"),
                json,
            ],
            example: "martlet user close ada --hand-over-to ben", callsServer: true),
        CommandHelp(
            path: ["user", "password"], operands: "HANDLE",
            purpose: "Sets a password, also when nobody knows the old one, and ends the account's log-ins.\n"
                + "It is asked for, or read from the standard input; never an argument.", options: [json],
            example: "pwgen 20 1 | martlet user password admin", callsServer: true),
        CommandHelp(
            path: ["audit"], operands: "",
            purpose:
                "Prints what administrators did; or walks the log and names the first row that was altered or removed.",
            options: [
                .init("--action ACTION", "rows of one action; all"), .init("--actor HANDLE", "of one person; all"),
                .init("--since TIME", "not older than it; all"), .init("--after NUMBER", "behind a row; the newest"),
                .init("--before NUMBER", "before a row; the newest"), .init("--limit NUMBER", "rows at most; 50"),
                .init("--verify", "walk the whole log; only print"),
                .init("--head NUMBER:HASH", "with --verify: a row that was kept apart from the server"), json,
            ], example: "martlet audit --actor admin --since 2026-01-31T00:00:00Z", callsServer: true),
        CommandHelp(
            path: ["version"], operands: "", purpose: "Prints the version.", example: "martlet version"),
    ]

    /// For tests: the options that a command's page tells.
    static func options(_ path: [String]) -> Set<String> {
        Set(all.first { $0.path == path }?.options.map(\.name) ?? [])
    }

    /// Every command that has a page.
    static var paths: [[String]] { all.map(\.path) }
}

extension String {
    fileprivate var trimmed: String { String(reversed().drop { $0 == " " }.reversed()) }
}
