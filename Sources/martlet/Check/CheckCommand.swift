import EmbeddedServers
import EventLoop
import Foundation
import HTTPClient
import Settings
import Telemetry

/// `martlet check`: tries everything that the server needs, beside a running server or without one.
///
/// Nothing is written and nothing is sent that a target would take for an event; every wait has a limit.
struct CheckCommand {
    static let usage = """
        martlet check [--config FILE] [--data FOLDER] [--set KEY=VALUE]… [--json]
            Tries what the server needs: data folder, rights, disk, descriptors, certificate, address, database and its
            clock, Redis, each bridge's target. Works beside a running server and without one; takes the options of
            `serve`. Ends with 1 when something is wrong, and says what to do.
        """

    private let settings: Settings
    private let printsJSON: Bool
    private let environment: [String: String]

    init(arguments: [String], environment: [String: String]) throws {
        let arguments = try Arguments(arguments, valued: ServerOptions.valued, flags: ["json"])
        if let extra = arguments.positional.first { throw UsageError("`check` does not take \"\(extra)\".") }
        settings = try ServerOptions.settings(arguments, environment: environment)
        printsJSON = arguments.flags.contains("json")
        self.environment = environment
    }

    func run() async throws {
        let report = await Checks(settings: settings, environment: environment, group: EventLoopGroup(count: 2)).run()
        if printsJSON {
            try StandardOutput.line(TerminalText.json(report))
        } else {
            for line in report.lines(coloured: TerminalText.showsColours(environment)) { try StandardOutput.line(line) }
        }
        if !report.isGood { throw Failed() }
    }
}

/// All tries for one configuration.
struct Checks: Sendable {
    let settings: Settings
    let environment: [String: String]
    let group: EventLoopGroup

    /// The data folder as the server names it.
    var folder: String { Self.resolved(settings.string("data")) }

    func run() async -> CheckReport {
        let folder = folder
        let holder = DirectoryLock.holder(of: folder)
        let isRunning = holder != nil
        let machine = MachineCheck(
            settings: settings, folder: folder, holder: holder, now: Int64(Date().timeIntervalSince1970))
        let databases = DatabaseCheck(settings: settings, folder: folder, isRunning: isRunning, group: group)
        let bridges = BridgesCheck(
            folders: ["\(folder)/bridges"] + settings.strings("bridges.folders"), environment: environment,
            isRunning: isRunning, group: group)
        async let database = databases.database()
        async let redis = databases.redis()
        async let outside = bridges.results()
        async let address = address(isRunning: isRunning)
        let variables = UnknownVariables.problems(environment).map {
            CheckResult.warning("variable", "\($0.file): \($0.message)", "unset it, or write the name that was meant")
        }
        var all: [CheckResult] = [.good("configuration", "can be used")]
        all += variables + machine.results
        all.append(await address)
        all += await database
        all.append(await redis)
        all += await outside
        return CheckReport(checks: all)
    }

    private func address(isRunning: Bool) async -> CheckResult {
        let name = "listen"
        guard let address = SocketAddress(settings.string("listen")) else {
            return .failed(name, "listen is no address", "expected an address such as 127.0.0.1:8080")
        }
        guard isRunning else {
            do {
                try ListeningSocket.check(address)
                return .good(name, "\(address) is free")
            } catch {
                return .failed(name, error.description, "stop what listens there, or name another address: --listen")
            }
        }
        do {
            if settings.optionalString("tls.certificate") != nil {
                // Whose name is in the certificate is the clients' business.
                _ = try await TCPProbe(address: address).run(greets: false)
                return .good(name, "the server answers at \(address)")
            }
            let answer = try await ServerProbe(address: address, group: group).get("/readyz")
            guard answer.status == 200 else {
                return .failed(
                    name, "the server at \(address) is not ready: \(TerminalText.line(answer.text, limit: 300))",
                    "mend what it names; `curl http://\(address)/readyz` shows it")
            }
            return .good(name, "the server at \(address) says \(TerminalText.line(answer.text, limit: 80))")
        } catch {
            return .failed(
                name, "a server holds the data folder, and \(address) does not answer: \(ErrorText.of(error))",
                "does it listen elsewhere? Say where: --listen ADDRESS, or the configuration that it runs with")
        }
    }

    static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path.hasSuffix("/") ? String(path.dropLast()) : path }
        defer { free(real) }
        return String(cString: real)
    }
}

/// Asks the server of this machine.
struct ServerProbe: Sendable {
    let address: SocketAddress
    let group: EventLoopGroup

    /// - Throws: When there is no answer within a few seconds.
    func get(_ path: String) async throws -> (status: Int, text: String) {
        var configuration = HTTPClientConfiguration()
        configuration.addressPolicy = .any
        let client = HTTPClient(loop: group.next(), configuration: configuration, logger: .silent)
        defer { client.close() }
        var request = HTTPClientRequest(
            url: "http://localhost\(path)", timeout: .seconds(5), maximumResponseBytes: 8 << 20)
        switch address {
        case .unix(let socket): request.unixSocket = socket
        case .tcp(let host, let port):
            let shown = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host
            request.url = "http://\(SocketAddress.tcp(host: shown, port: port))\(path)"
        }
        let sent = request
        let answer = try await withTimeLimit(.seconds(6)) { try await client.send(sent) }
        return (answer.status, String(decoding: answer.body, as: UTF8.self))
    }
}
