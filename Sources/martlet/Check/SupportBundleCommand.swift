import AdminAPI
import Compression
import EventLoop
import Foundation
import HTTPServer
import HTTPTypes
import MartletClient
import Settings
import Telemetry

/// `martlet support-bundle`: packs what somebody needs who is to help, without secrets.
struct SupportBundleCommand {
    static let usage = """
        martlet support-bundle [FILE] [--log FILE]… [--config FILE] [--data FOLDER] [--set KEY=VALUE]…
            Packs configuration without secrets, versions, the answers of `martlet check`, states of bridges, metrics and
            the ends of logs into FILE (martlet-support-TIME.tar.gz), which its owner alone may read. Takes the options
            of `serve`; --log adds a log of the server's own, such as of `journalctl -u martlet -n 5000 -o cat`.
        """

    private let settings: Settings
    private let path: String
    private let logs: [String]
    private let environment: [String: String]
    private let now = Date()

    init(arguments: [String], environment: [String: String]) throws {
        let arguments = try Arguments(arguments, valued: ServerOptions.valued.union(["log"]), flags: [])
        guard arguments.positional.count <= 1 else { throw UsageError("`support-bundle` takes one file's name.") }
        settings = try ServerOptions.settings(arguments, environment: environment)
        logs = arguments.values.filter { $0.name == "log" }.map(\.value)
        if let missing = logs.first(where: { !FileManager.default.isReadableFile(atPath: $0) }) {
            throw UsageError("Cannot read the log \(missing).")
        }
        let time = ISO8601DateFormatter().string(from: now).replacing("-", with: "").replacing(":", with: "")
        path = arguments.positional.first ?? "martlet-support-\(time).tar.gz"
        self.environment = environment
    }

    func run() async throws {
        let bundle = SupportBundle(
            settings: settings, environment: environment, group: EventLoopGroup(count: 2), logs: logs,
            bridges: await bridgeStates(), now: now)
        guard let packed = GzipCompressor().compress(await bundle.archive()) else {
            throw UsageError("The bundle could not be packed.", status: 1)
        }
        // Never readable for others, and never in the place of a file that is there.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw UsageError("Cannot write \(path): \(String(cString: strerror(errno))).", status: 1)
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do { try file.write(contentsOf: packed) } catch {
            unlink(path)
            throw UsageError("Cannot write \(path): \(error.localizedDescription)", status: 1)
        }
        try StandardOutput.line(
            "\(path): \(MachineCheck.bytes(packed.count)). Look it over before you give it away: tar tzf \(path)")
    }

    /// Nil when no server answers, or does not know us.
    private func bridgeStates() async -> String? {
        var options = ["data": settings.string("data")]
        if case .tcp(let host, let port)? = SocketAddress(settings.string("listen")),
            settings.optionalString("tls.certificate") == nil
        {
            let shown = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host
            options["url"] = "http://\(SocketAddress.tcp(host: shown, port: port))"
        }
        var environment = environment
        // A secret of the configuration signs in place of the key in the folder.
        if let secret = settings.optionalString("auth.secret") { environment["MARTLET_AUTH_SECRET"] = secret }
        guard let access = try? ServerAccess(options: options, environment: environment) else { return nil }
        return try? await withTimeLimit(.seconds(8)) {
            let list: BridgeList = try await access.call { try await $0.call(.get, "/v1/bridges") }
            return TerminalText.json(list)
        }
    }
}
