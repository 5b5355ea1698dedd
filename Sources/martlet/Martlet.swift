import EventLoop
import Foundation
import Importing
import MartletClient
import Settings
import Telemetry

/// The program: reads the command line and hands over to a command.
@main
struct Martlet {
    static let version = "0.1.0"

    static func main() async {
        StandardOutput.prepare()
        do {
            try await run(Array(CommandLine.arguments.dropFirst()))
        } catch let error as UsageError {
            fail("\(error.message)\nRun `martlet help` for the commands.", status: error.status)
        } catch let failed as Failed {
            exit(failed.status)
        } catch StandardOutputError.closed {
            // Whoever read the output, as `head` does, has seen enough.
            exit(0)
        } catch {
            fail(ErrorText.of(error), status: 1)
        }
    }

    private static func run(_ arguments: [String]) async throws {
        let environment = ProcessInfo.processInfo.environment
        let rest = Array(arguments.dropFirst())
        if let path = CommandHelp.asked(arguments) {
            if path.isEmpty { return try StandardOutput.line(help) }
            if let text = CommandHelp.text(path) { return try StandardOutput.line(text) }
            if path.first == "import" { return try StandardOutput.line(ImportCommand.usage) }
            if path.first == "check" { return try StandardOutput.line(CheckCommand.usage) }
            if path.first == "support-bundle" { return try StandardOutput.line(SupportBundleCommand.usage) }
        }
        switch arguments.first {
        case "serve": try await ServeCommand(arguments: rest, environment: environment).run()
        case "config": try ConfigCommand(arguments: rest).run()
        case "audit": try await AuditCommand(arguments: rest, environment: environment).run()
        case "bridge": try await BridgeCommand(arguments: rest, environment: environment).run()
        case "events": try await EventsCommand(arguments: rest, environment: environment).run()
        case "import":
            try await ImportCommand(arguments: rest, environment: ServerDefaults.environment(environment)).run(
                group: EventLoopGroup(count: 1))
        case "loop": try await LoopCommand(arguments: rest, environment: environment).run()
        case "user": try await UserCommand(arguments: rest, environment: environment).run()
        case "check": try await CheckCommand(arguments: rest, environment: environment).run()
        case "support-bundle": try await SupportBundleCommand(arguments: rest, environment: environment).run()
        case "version", "--version": try StandardOutput.line("martlet \(version)")
        case nil, "--help", "-h": try StandardOutput.line(help)
        case let word?:
            let unknown = word == "help" ? rest.first ?? word : word
            throw UsageError("There is no command \"\(unknown)\"\(NearMiss.hint(unknown, among: commands)).")
        }
    }

    private static let commands = [
        "serve", "check", "support-bundle", "config", "bridge", "events", "loop", "user", "audit", "import", "version",
        "help",
    ]

    private static func fail(_ message: String, status: Int32) -> Never {
        StandardOutput.note(message)
        exit(status)
    }

    private static let help = """
        martlet \(version): a chat server that you automate

        martlet serve [--demo] [--listen ADDRESS] [--data FOLDER] [--roles api,relay,bridges]
                      [--config FILE] [--set KEY=VALUE]… [--print-config]
            Runs the server. Without `database.url` and `redis.url` it runs its own PostgreSQL and Redis in FOLDER.
        \(CheckCommand.usage)
        \(SupportBundleCommand.usage)
        martlet config reference|example|schema
            Prints every key of the configuration: as a page, as YAML, as JSON Schema.
        martlet bridge kinds|reference [KIND]
            Prints the kinds of bridges, or every key of their files.
        martlet bridge lint FILE…|FOLDER… [--json]
            Tells what is wrong with bridge files, and where; needs no server.
        martlet bridge test FILE…|FOLDER… [--update] [--verbose] [--json]
            Runs bridges over the fixtures in FILE.tests/ without any effect, and compares what they would do.
        martlet bridge test FILE…|FOLDER… --past NUMBER [--after CURSOR|TIME] [--verbose] [--json]
            Shows what they would do with past events of a running server.
        martlet bridge list | status [NAME] | pause NAME | resume NAME [--json]
        martlet bridge dead-letters NAME | retry NAME ID|--all | drop NAME ID|--all [--json]
            Looks after the bridges of a running server.
        martlet bridge replay NAME --after CURSOR|TIME|beginning [--until CURSOR|TIME] [--yes] [--json]
        martlet bridge replay NAME --cancel
            Sends a bridge past events again, while it goes on with new ones.
        martlet events tail [--types TYPE,…] [--after CURSOR] [--count NUMBER] [--json]
        martlet events show CURSOR
            Prints what happens on a running server, a line an event, until Ctrl-C; or one event as JSON.
        martlet events replay [--after CURSOR|TIME] [--until CURSOR|TIME] [--types TYPE,…] [--channel NAME] [--all]
                      [--pace 10x] [--to URL [--allow-loopback] [--secret KEY]] [--json]
            Prints a range of past events in their order, and posts each to URL.
        martlet events schema [TYPE]
            Prints the JSON Schema of one type of event, or of all.
        martlet audit [--action ACTION] [--actor HANDLE] [--since TIME] [--after NUMBER] [--limit NUMBER] [--json]
        martlet audit --verify [--head NUMBER:HASH] [--json]
            Prints what administrators did; or walks the log and names the first row that was altered or removed.
        martlet loop list | resume CHANNEL [--json]
            Shows where automations were stopped because they answered one another without end; lets them go on.
        martlet user list [--query TEXT] [--json] | add HANDLE [--name NAME] [--email ADDRESS] [--role ROLE]
        martlet user password HANDLE | close HANDLE [--hand-over-to HANDLE]
            Looks after accounts; a password is asked for, or read from the standard input.
        martlet import irc FILE… --channel NAME [--url URL] [--json] …
            Brings IRC logs into a channel of a running server; `martlet import --help` tells all options.
        martlet version

        `bridge`, `events`, `loop`, `user` and `audit` call a running server:
        \(ServerAccess.usage)

        `martlet COMMAND --help` tells the options of one command, with an example.

        Settings come from config/martlet.yaml, then MARTLET_* variables (MARTLET_LISTEN, MARTLET_DATA,
        MARTLET_LOG_LEVEL …), then flags; what comes later wins.
        """
}

/// The command line is wrong.
struct UsageError: Error {
    let message: String
    /// Of the process; 64 is `EX_USAGE` of sysexits(3).
    let status: Int32

    init(_ message: String, status: Int32 = 64) {
        self.message = message
        self.status = status
    }
}
