import BridgeRuntime
import EventLoop
import Foundation
import Settings
import YAML

/// The configuration of the server: every key with its type, its default and a sentence.
enum ServerSettings {
    static let roles = ["api", "relay", "bridges"]

    static let spec = SettingsSpec {
        SettingKey("listen", .string, "Where HTTP is served: host:port, or unix:/path.", default: "127.0.0.1:8080") {
            SocketAddress($0.string ?? "") == nil ? "must be an address such as 127.0.0.1:8080 or unix:/path" : nil
        }
        SettingKey(
            "data", .string, "The folder for everything that this server keeps itself.", default: "./data")
        SettingKey(
            "node", .string,
            "The name of this process among others on the same database; the host's name when left out.")
        SettingKey(
            "roles", .list(.enumeration(roles)),
            "What this process does: api serves clients, relay carries events to Redis, bridges runs the bridges.",
            default: ["api", "relay", "bridges"])
        SettingKey(
            "log",
            .section(
                SettingsSpec {
                    SettingKey(
                        "level", .enumeration(["debug", "info", "warn", "error"]), "The least urgent level to write.",
                        default: "info")
                    SettingKey(
                        "format", .enumeration(["auto", "human", "json"]),
                        "json for machines, human for people; auto means human on a terminal and json elsewhere.",
                        default: "auto")
                }), "What is logged to standard error, and how.")
        SettingKey(
            "database",
            .section(
                SettingsSpec {
                    SettingKey(
                        "url", .string,
                        "postgres://user:password@host:port/name; without it the server runs its own PostgreSQL.",
                        secret: true)
                    SettingKey("pool_size", .integer(2...200), "Connections to the database.", default: 12)
                    SettingKey(
                        "statement_timeout", .duration, "How long one statement may take.", default: "60s")
                }), "Where messages are stored.")
        SettingKey(
            "redis",
            .section(
                SettingsSpec {
                    SettingKey(
                        "url", .string,
                        "redis://:password@host:port/number or unix:/path; without it the server runs its own Redis.",
                        secret: true)
                }), "What carries events between processes.")
        SettingKey(
            "tls",
            .section(
                SettingsSpec {
                    SettingKey("certificate", .string, "The certificate chain, PEM; with it HTTPS is served.")
                    SettingKey("key", .string, "The certificate's private key, PEM.")
                }), "TLS for the HTTP listener.")
        SettingKey("http", .section(HTTPSettings.spec), "The HTTP listener.")
        SettingKey(
            "auth",
            .section(
                SettingsSpec {
                    SettingKey(
                        "registration", .boolean, "Whether anybody may make an account.", default: true)
                    SettingKey(
                        "password_cost", .integer(10...16),
                        "What it costs to try a password: each step doubles it, 12 takes a core for about a quarter of a second. Holds for passwords that are set from now on.",
                        default: 12)
                    SettingKey(
                        "secret", .string,
                        "Signs access tokens, 32 characters or more; nodes on one database need the same. Made and kept in the data folder when left out.",
                        secret: true
                    ) { ($0.string ?? "").utf8.count < 32 ? "must have 32 characters or more" : nil }
                    SettingKey(
                        "previous_secrets", .list(.string),
                        "Secrets that signed tokens which are still good: move the old one here when you change it.",
                        default: [], secret: true)
                }), "Accounts and tokens.")
        SettingKey("limits", .section(LimitSettings.spec), "How much of something one user or address may ask for.")
        SettingKey(
            "events",
            .section(
                SettingsSpec {
                    SettingKey(
                        "retention_days", .integer(1...3650),
                        "How many days events are kept for readers that were away.", default: 7)
                    SettingKey(
                        "stream_max", .integer(1000...100_000_000),
                        "Events that Redis may hold for bridges that lag, about 600 bytes each; one that lags further reads PostgreSQL.",
                        default: 200_000)
                }), "The event log.")
        SettingKey(
            "bridges",
            .section(
                SettingsSpec {
                    SettingKey(
                        "folders", .list(.string),
                        "Folders with bridge files, which have to be there; the folder `bridges` of the data folder is always read.",
                        default: [])
                    SettingKey(
                        "require", .enumeration(BridgeRequirement.allCases.map(\.rawValue)),
                        "Which bridges must work before the server listens: filters (those that judge messages), listeners (those, and those that take mail), all, or none.",
                        default: "listeners")
                }), "Bridges to other worlds.")
        SettingKey(
            "start_limit", .duration,
            "How long PostgreSQL, Redis and each part of the server may take to get ready before the start is given up.",
            default: "60s")
        SettingKey(
            "threads", .integer(0...256), "Event loops; 0 means one for each processor.", default: 0)
    }

    /// Reads the file, the variables and the flags, in that order of rising strength.
    ///
    /// - Throws: ``SettingsFailure`` with everything that is wrong.
    static func load(
        file: String?, overrides: [SettingsOverride], environment: [String: String]
    ) throws -> Settings {
        let path = file ?? "config/martlet.yaml"
        var content: [UInt8] = []
        if let data = FileManager.default.contents(atPath: path) {
            content = Array(data)
        } else if let file {
            throw UsageError("Cannot read the configuration \(file).")
        }
        let (settings, problems) = SettingsReader.read(
            yaml: content, spec: spec, file: path, environment: environment,
            overrides: spec.overrides(from: environment, prefix: "MARTLET") + overrides)
        let errors = problems.errors + UnknownVariables.problems(environment).errors
        guard errors.isEmpty else { throw SettingsFailure(problems: errors) }
        return settings
    }
}

/// The configuration cannot be used.
struct SettingsFailure: Error, CustomStringConvertible {
    let problems: [SettingsProblem]
    var description: String {
        "the configuration has \(problems.count == 1 ? "a problem" : "\(problems.count) problems"):\n"
            + problems.map { "  \($0)" }.joined(separator: "\n")
    }
}
