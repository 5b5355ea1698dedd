package import BridgeKit
package import ChatModel
import Foundation
package import Settings
import Telemetry

/// What one file says of one bridge, checked.
package struct BridgeFile: Sendable {
    /// Where a bridge begins that has never run.
    package enum Start: Sendable, Hashable {
        case now, beginning
        /// Milliseconds since 1970.
        case time(Int64)
        case cursor(Cursor)

        init?(_ text: String) {
            switch text {
            case "now": self = .now
            case "beginning": self = .beginning
            default:
                if let cursor = Cursor(text) {
                    self = .cursor(cursor)
                } else if let time = Timestamp.parse(text) {
                    self = .time(time)
                } else {
                    return nil
                }
            }
        }
    }

    package let path: String
    package let kind: any Bridge.Type
    package let name: String
    package let isEnabled: Bool
    package let app: String?
    package let start: Start
    package let isOrdered: Bool
    package let attempts: Int
    package let firstDelay: Duration
    package let longestDelay: Duration
    package let settings: Settings
    let selection: EventSelection
    /// Tells one text of the file from another.
    let fingerprint: String

    /// The kinds of events that it follows; none for one that only judges or listens.
    package var types: [EventType] { selection.types.sorted { $0.description < $1.description } }

    /// The keys of a file whose kind has these settings.
    package static func spec(kinds: [String], settings: SettingsSpec?) -> SettingsSpec {
        SettingsSpec {
            SettingKey("bridge", .enumeration(kinds), "The kind of bridge.", required: true)
            SettingKey(
                "name", .string, "Unique; names its events, metrics and dead letters. The file's name when left out.",
                example: "support", validation: { isName($0.string ?? "") ? nil : nameRule })
            SettingKey("enabled", .boolean, "Whether it runs.", default: true)
            SettingKey("app", .string, "The tenant; all tenants when left out.", example: "main")
            SettingKey(
                "on", .list(.enumeration(EventType.all.map(\.description))),
                "The kinds of events it gets; each kind of bridge has its own default.", example: ["message.created"])
            SettingKey("where", .section(EventSelection.spec), "What else must hold; every line.")
            SettingKey(
                "start", .string,
                "Where a bridge begins that has never run: now, beginning, a time (RFC 3339) or a cursor.",
                default: "now",
                validation: {
                    Start($0.string ?? "") == nil ? "expected now, beginning, a time (RFC 3339) or a cursor" : nil
                })
            SettingKey(
                "order", .enumeration(["channel", "none"]),
                "Whether the events of a channel wait for one another.", default: "channel")
            SettingKey(
                "retry",
                .section(
                    SettingsSpec {
                        SettingKey(
                            "attempts", .integer(1...1000), "Tries before an event becomes a dead letter.", default: 12)
                        SettingKey("first", .duration, "The bound of the first wait; it doubles.", default: "1s")
                        SettingKey("max", .duration, "The longest wait.", default: "1h")
                    }), "How failed events are tried again.")
            if let settings {
                SettingKey("settings", .section(settings), "The kind's own keys.", required: settings.hasRequired)
            } else {
                SettingKey("settings", .any, "The kind's own keys.")
            }
        }
    }

    /// Reads the text of a file.
    package static func read(
        _ text: String, path: String, registry: BridgeRegistry, environment: [String: String],
        usesPlaceholders: Bool = false
    ) -> (file: BridgeFile?, problems: [SettingsProblem]) {
        read(
            bytes: Array(text.utf8), path: path, registry: registry, environment: environment,
            usesPlaceholders: usesPlaceholders)
    }

    /// Reads what lies in a file; a file with errors has no value, and all of them are told at once.
    ///
    /// - Parameters:
    ///   - usesPlaceholders: Whether a secret that is not there is only warned of: to try the bridge.
    ///   - isMadeNext: Whether a bridge is made of the file at once. What only making it costs to know is left to that.
    package static func read(
        bytes: [UInt8], path: String, registry: BridgeRegistry, environment: [String: String],
        usesPlaceholders: Bool = false, isMadeNext: Bool = false
    ) -> (file: BridgeFile?, problems: [SettingsProblem]) {
        // The kind decides which settings there are, so it is read first and alone.
        let first = SettingsReader.read(
            yaml: bytes, spec: spec(kinds: registry.kinds, settings: nil), file: path, environment: environment,
            usesPlaceholders: usesPlaceholders)
        // Of a kind that there is not, a default stands there: its settings would be another kind's.
        guard first.settings.isGiven("bridge"), !first.problems.errors.contains(where: { $0.path == "bridge" }),
            let kind = registry[first.settings.string("bridge")]
        else {
            return (nil, first.problems)
        }
        let (settings, problems) = SettingsReader.read(
            yaml: bytes, spec: spec(kinds: registry.kinds, settings: kind.settings), file: path,
            environment: environment, usesPlaceholders: usesPlaceholders)
        let isLeft = isMadeNext && kind.traits.isCheckedWhenMade && settings.boolean("enabled")
        let found =
            problems
            + (isLeft
                ? []
                : settings.optionalSection("settings").map { kind.problems(in: $0, environment: environment) } ?? [])
        // What is switched off need not be complete: a secret may be missing until it is wanted.
        var all = settings.boolean("enabled") ? found : found.map { $0.asWarning(below: "settings") }
        let stem = String(path.split(separator: "/").last?.prefix { $0 != "." } ?? "")
        let name = settings.optionalString("name") ?? stem
        if !settings.isGiven("name"), !isName(name) {
            all.append(settings.problem(at: "bridge", "name: missing, and the file's name will not do: \(nameRule)"))
        }
        let given = settings.strings("on").map { EventType($0) }
        do {
            let selection = try EventSelection(
                types: settings.isGiven("on") ? given : kind.traits.events, settings: settings.section("where"))
            guard all.errors.isEmpty, let start = Start(settings.string("start")) else { return (nil, all) }
            let file = BridgeFile(
                path: path, kind: kind, name: name, isEnabled: settings.boolean("enabled"),
                app: settings.optionalString("app"), start: start, isOrdered: settings.string("order") == "channel",
                attempts: settings.integer("retry.attempts"), firstDelay: settings.duration("retry.first"),
                longestDelay: settings.duration("retry.max"), settings: settings.section("settings"),
                selection: selection, fingerprint: fingerprint(bytes))
            return (file, all)
        } catch let error as BridgeSettingsError {
            return (nil, all + error.problems)
        } catch {
            return (nil, all + [settings.problem(at: "where", "\(error)")])
        }
    }

    /// The other files that the text names and the bridge is made of; nothing of a kind that has none.
    static func others(bytes: [UInt8], path: String, registry: BridgeRegistry) -> [String] {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let name = BridgeRuntime.kind(in: text), let kind = registry[name], !kind.fileKeys.isEmpty else {
            return []
        }
        // By lines: to read ten thousand words as YAML once more would cost more than all the rest.
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        let root = path.hasPrefix("/") ? "/" : ""
        var others: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            for key in kind.fileKeys {
                guard let found = line.firstRange(of: "\(key):") else { continue }
                let value = line[found.upperBound...].prefix { !"#,}".contains($0) }
                    .trimmingCharacters(in: CharacterSet(charactersIn: " \t\"'"))
                guard !value.isEmpty else { continue }
                others.append(value.hasPrefix("/") ? value : "\(root)\(folder)/\(value)")
            }
        }
        return Array(others.prefix(100))
    }

    /// FNV-1a with 64 bits: enough to notice a change, and nothing else is asked of it.
    private static func fingerprint(_ bytes: [UInt8]) -> String {
        let hash = bytes.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    private static let nameRule = "expected 1 to 48 of a-z, 0-9, - and _"

    private static func isName(_ name: String) -> Bool {
        (1...48).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "-_".utf8.contains(byte)
            }
    }
}

extension SettingsProblem {
    fileprivate func asWarning(below path: String) -> SettingsProblem {
        guard self.path == path || self.path.hasPrefix("\(path).") else { return self }
        return SettingsProblem(
            file: file, line: line, column: column, path: self.path, message: message, isWarning: true)
    }
}

extension SettingsSpec {
    fileprivate var hasRequired: Bool { keys.contains(where: \.isRequired) }
}
