import BridgeKit
import BridgeRuntime
import Bridges
import ChatModel
import EmbeddedServers
import EventLoop
import Foundation
import Settings
import Telemetry

/// What somebody who helps from afar needs to see, without secrets.
struct SupportBundle {
    /// The end of each log.
    private static let logBytes: UInt64 = 512 << 10

    struct File {
        let name: String
        let text: String
    }

    let settings: Settings
    let environment: [String: String]
    let group: EventLoopGroup
    /// Logs beside those of the data folder.
    let logs: [String]
    /// What the administrator's side of a running server says of its bridges; nil when it does not answer.
    let bridges: String?
    let now: Date

    func files() async -> [File] {
        let checks = Checks(settings: settings, environment: environment, group: group)
        let folder = checks.folder
        let redactor = Redactor(secrets: secrets(folder))
        var files = [
            File(name: "versions.txt", text: versions(folder)),
            File(name: "configuration.yaml", text: settings.rendered(redacting: true)),
            File(name: "variables.txt", text: variables),
            File(name: "bridges.txt", text: bridgeFiles(folder)),
        ]
        let report = await checks.run()
        files.append(File(name: "check.txt", text: report.lines(coloured: false).joined(separator: "\n") + "\n"))
        if let bridges { files.append(File(name: "bridge-states.json", text: bridges + "\n")) }
        files += await states()
        for path in ["\(folder)/log/postgres.log", "\(folder)/log/redis.log"] + logs {
            guard let text = Self.end(of: path) else { continue }
            files.append(File(name: "logs/\(path.split(separator: "/").last ?? "log")", text: text))
        }
        return files.map { File(name: $0.name, text: redactor.covered($0.text)) }
    }

    /// The whole as a tar archive.
    func archive() async -> [UInt8] {
        var archive = TarArchive(time: Int64(now.timeIntervalSince1970))
        for file in await files() { archive.add("martlet-support/\(file.name)", Array(file.text.utf8)) }
        return archive.finished
    }

    private func versions(_ folder: String) -> String {
        func read(_ path: String) -> String {
            (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        }
        let system = read("/etc/os-release").split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") } ?? ""
        let memory = read("/proc/meminfo").split(separator: "\n").prefix(3).joined(separator: "\n")
        let holder = DirectoryLock.holder(of: folder)
        return """
            martlet \(Martlet.version)
            made \(ISO8601DateFormatter().string(from: now))
            \(system)
            kernel \(read("/proc/version").split(separator: "\n").first ?? "")
            processors \(ProcessInfo.processInfo.activeProcessorCount)
            \(memory)
            load \(read("/proc/loadavg").split(separator: "\n").first ?? "")
            server \(holder.map { "runs as process \($0)" } ?? "does not run")
            postgres data \(read("\(folder)/postgres/PG_VERSION").split(separator: "\n").first ?? "none here")

            """
    }

    /// Which are set, not to what.
    private var variables: String {
        environment.keys.filter { $0.hasPrefix("MARTLET_") }.sorted().map { "\($0) is set\n" }.joined()
    }

    private func states() async -> [File] {
        guard let address = SocketAddress(settings.string("listen")) else { return [] }
        let probe = ServerProbe(address: address, group: group)
        var files: [File] = []
        for (path, name) in [("/readyz", "readyz.txt"), ("/metrics", "metrics.txt")] {
            do {
                let answer = try await probe.get(path)
                files.append(
                    File(name: name, text: path == "/readyz" ? "\(answer.status) \(answer.text)" : answer.text))
            } catch {
                files.append(File(name: name, text: "no answer: \(ErrorText.of(error))\n"))
            }
        }
        return files
    }

    // MARK: Bridges

    /// The shape of each bridge's file: which keys there are, and the values that cannot be secret.
    ///
    /// A text may be one without having been declared so, such as a URL with a key in its path or a step of a workflow.
    private func bridgeFiles(_ folder: String) -> String {
        var text = ""
        for folder in ["\(folder)/bridges"] + settings.strings("bridges.folders") {
            for name in ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
            where name.hasSuffix(".yaml") && !name.hasPrefix(".") {
                text += "\(folder)/\(name)\n"
                guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)"), data.count <= 1 << 20 else {
                    text += "  cannot be read\n"
                    continue
                }
                let (file, problems) = BridgeFile.read(
                    bytes: Array(data), path: name, registry: .standard, environment: environment,
                    usesPlaceholders: true)
                // A sentence may quote a value.
                for problem in problems { text += "  line \(problem.line), \(problem.path): is wrong\n" }
                guard let file else { continue }
                text += "  \(file.kind.kind) \"\(file.name)\"\(file.isEnabled ? "" : ", switched off")\n"
                text += "  events: \(file.types.map(\.description).joined(separator: ", "))\n"
                for entry in file.settings.values.entries where entry.value != .null {
                    text += "  settings.\(entry.key): \(Self.shape(entry.value))\n"
                }
            }
        }
        return text.isEmpty ? "no bridges\n" : text
    }

    private static func shape(_ value: SettingValue) -> String {
        switch value {
        case .null: "nothing"
        case .string(let text): "text of \(text.count) characters"
        case .integer, .number, .boolean, .duration: value.text ?? "a value"
        case .list(let items): "list of \(items.count)"
        case .map(let entries): "map of \(entries.count)"
        }
    }

    // MARK: Secrets

    /// Every secret that this machine knows of: of the configuration, of bridges, of files of the data folder.
    private func secrets(_ folder: String) -> Set<String> {
        var secrets = Set(settings.hiddenTexts)
        for name in ["admin.json", "demo.json"] {
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)"),
                let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
            else { continue }
            for (key, value) in object where ["password", "botToken", "hookPath"].contains(key) {
                if let text = value as? String { secrets.insert(text) }
            }
        }
        if let key = FileManager.default.contents(atPath: "\(folder)/token.key") {
            secrets.insert(key.base64EncodedString())
            if let text = String(data: key, encoding: .utf8) { secrets.insert(text) }
        }
        for (name, value) in environment where Self.namesSecret(name) { secrets.insert(value) }
        for folder in ["\(folder)/bridges"] + settings.strings("bridges.folders") {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            where name.hasSuffix(".yaml") {
                guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)"), data.count <= 1 << 20
                else { continue }
                let (file, _) = BridgeFile.read(
                    bytes: Array(data), path: "\(folder)/\(name)", registry: .standard, environment: environment,
                    usesPlaceholders: true)
                if let file {
                    secrets.formUnion(file.settings.hiddenTexts)
                } else {
                    secrets.formUnion(Self.texts(of: String(decoding: data, as: UTF8.self)))
                }
            }
        }
        // A URL's password stands alone in messages of libpq and others.
        for url in secrets where url.contains("://") {
            if let password = URLComponents(string: url)?.password { secrets.insert(password) }
        }
        return secrets
    }

    /// What may be a secret in a file of which nobody knows the meaning: each value of eight characters or more that is no
    /// plain word.
    private static func texts(of file: String) -> [String] {
        let marks: Set<Character> = ["\"", "'", ",", "{", "}", "[", "]"]
        return file.split(whereSeparator: { $0.isWhitespace || marks.contains($0) }).prefix(10_000).map(String.init)
            .filter {
                $0.utf8.count >= 8 && !$0.hasSuffix(":") && !$0.allSatisfy { $0.isLetter || $0 == "_" || $0 == "." }
            }
    }

    private static func namesSecret(_ name: String) -> Bool {
        ["SECRET", "PASSWORD", "PASSWD", "TOKEN", "_KEY", "CREDENTIAL", "DATABASE_URL", "REDIS_URL"]
            .contains { name.uppercased().contains($0) }
    }

    private static func end(of path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path), let size = try? file.seekToEnd() else { return nil }
        defer { try? file.close() }
        guard (try? file.seek(toOffset: size > logBytes ? size - logBytes : 0)) != nil,
            let data = try? file.read(upToCount: Int(logBytes))
        else { return nil }
        var text = String(decoding: data, as: UTF8.self)[...]
        // A secret that the cut has halved would not be known again: the first line goes.
        if size > logBytes { text = text.drop { !$0.isNewline }.dropFirst() }
        return String(text)
    }
}
