import EventLoop
import Foundation
import Telemetry

/// What a person sees when the server is up: how to log in and what to try.
enum Banner {
    /// - Throws: ``StandardOutputError``.
    static func show(_ report: StartReport, address: SocketAddress, folder: String) throws {
        try StandardOutput.write(text(report, address: address, folder: folder, isKept: isatty(1) != 1))
    }

    /// - Parameter isKept: Whether what is printed goes to a journal or a file, where no password belongs.
    static func text(_ report: StartReport, address: SocketAddress, folder: String, isKept: Bool) -> String {
        let url: String
        switch address {
        case .tcp(let host, let port):
            let shown = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host
            url = "http://\(shown.contains(":") ? "[\(shown)]" : shown):\(port)"
        case .unix(let path): url = "--unix-socket \(path) http://localhost"
        }
        var lines = ["", "Martlet is up at \(url)", ""]
        if let password = report.adminPassword {
            lines +=
                isKept
                ? [
                    "An administrator was made:  handle admin  password in \(folder)/admin.json, readable by you only",
                    "Set one of your own:        martlet user password admin --data \(folder)", "",
                ]
                : [
                    "An administrator was made:  handle admin  password \(password)",
                    "(kept in \(folder)/admin.json, readable by you only)", "",
                ]
        }
        let handle = report.demo == nil ? "admin" : "ada"
        let password = report.demo?.password ?? (isKept ? nil : report.adminPassword) ?? "…"
        lines += [
            "Log in:",
            "  TOKEN=$(curl -s \(url)/v1/auth/login --json '{\"handle\":\"\(handle)\",\"password\":\"\(password)\"}' \\",
            "    | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')",
        ]
        if let demo = report.demo, let general = demo.channels["general"] {
            lines += [
                "Say something:",
                "  curl -s \(url)/v1/channels/\(general)/messages -H \"Authorization: Bearer $TOKEN\" \\",
                "    --json '{\"text\":\"Hello!\"}'",
                "Read it:",
                "  curl -s \(url)/v1/channels/\(general)/messages -H \"Authorization: Bearer $TOKEN\"",
                "Post from a script, as Slack's webhooks do (to #alerts):",
                "  curl -s \(url)\(demo.hookPath) -d 'payload={\"text\":\"The build is green\"}'",
                "Mail #support (answers there leave for 127.0.0.1:1025):",
                "  swaks --server 127.0.0.1:2525 --from jo@example.com --to help@chat.example.org --body 'Help!'",
                "Run a bot:",
                "  MARTLET_URL=\(url) MARTLET_BOT_TOKEN=\(demo.botToken) swift run standup", "",
                "People: \(demo.people.joined(separator: ", ")), password \(demo.password).",
            ]
        }
        lines += ["The whole API: \(url)/openapi.json   Stop: Ctrl-C", ""]
        return lines.joined(separator: "\n") + "\n"
    }
}
