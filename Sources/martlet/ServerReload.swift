import ChatService
import Crypto
import Foundation
import Settings
import Synchronization
import Telemetry

/// Takes over a changed configuration, and renewed certificates, while the server runs.
///
/// What cannot change without a restart is named in the log; a configuration or a certificate that cannot be used leaves
/// everything as it was.
final class ServerReload: Sendable {
    private struct State {
        var settings: Settings
        var chat: ChatService?
        var tls: TLSServerContext?
    }

    /// The keys that are taken over, or the sections of which all are.
    private static let changeable = ["log.level", "auth.registration", "auth.password_cost", "tls.", "limits."]
    /// Parts of such sections that belong to what was built at the start.
    private static let fixed: Set = ["limits.sockets_per_user", "limits.channels_per_user"]

    private let state: Mutex<State>
    private let logger: Logger

    init(_ settings: Settings, logger: Logger) {
        state = Mutex(State(settings: settings))
        self.logger = logger
    }

    func attach(_ chat: ChatService) { state.withLock { $0.chat = chat } }

    func attach(_ tls: TLSServerContext) { state.withLock { $0.tls = tls } }

    func reload(_ load: () throws -> Settings) {
        let fresh: Settings
        do {
            fresh = try load()
        } catch {
            return logger.error(
                "config.not_reloaded",
                ["error": .error(error), "remedy": "what held before still holds; mend it and send SIGHUP again"])
        }
        let before = state.withLock { state in
            defer { state.settings = fresh }
            return state
        }
        var changed = Self.changes(before.settings.values, fresh.values)
        var waiting = changed.filter { !Self.isChangeable($0) }
        changed.removeAll { waiting.contains($0) }
        logger.level = LogLevel(rawValue: fresh.string("log.level")) ?? .info
        before.chat?.configuration = ChatConfiguration(fresh)
        let files = TLSServerContext.files(fresh)
        if let tls = before.tls, let files {
            reload(tls, files)
        } else if (before.tls == nil) != (files == nil) {
            // Whether there is TLS at all was decided when the listener was made.
            waiting += changed.filter { $0.hasPrefix("tls.") }
            changed.removeAll { $0.hasPrefix("tls.") }
        }
        logger.info(
            "config.reloaded",
            [
                "changed": .string(changed.joined(separator: ",")),
                "needsRestart": .string(waiting.sorted().joined(separator: ",")),
            ])
    }

    private func reload(_ tls: TLSServerContext, _ files: (certificate: String, key: String)) {
        do {
            try tls.reload(certificateFile: files.certificate, keyFile: files.key)
            logger.info("tls.reloaded", ["certificate": .string(files.certificate), "key": .string(files.key)])
        } catch {
            logger.error(
                "tls.not_reloaded",
                [
                    "error": .error(error), "certificate": .string(files.certificate), "key": .string(files.key),
                    "remedy": "the certificate before is still shown; mend the file and send SIGHUP again",
                ])
        }
    }

    private static func isChangeable(_ key: String) -> Bool {
        !fixed.contains(key) && changeable.contains { $0.hasSuffix(".") ? key.hasPrefix($0) : key == $0 }
    }

    /// The dotted names of the keys whose values differ, in order; never the values, which may be secret.
    static func changes(_ old: SettingValue?, _ new: SettingValue?, at path: String = "") -> [String] {
        guard old != new else { return [] }
        let keys = Set((old?.entries ?? []).map(\.key)).union((new?.entries ?? []).map(\.key))
        guard !keys.isEmpty else { return [path] }
        return keys.sorted().flatMap { key in
            changes(old?[key], new?[key], at: path.isEmpty ? key : "\(path).\(key)")
        }
    }
}
