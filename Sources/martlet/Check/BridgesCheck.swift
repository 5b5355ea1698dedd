import BridgeKit
import BridgeRuntime
import BridgeTesting
import Bridges
import EventLoop
import Foundation
import HTTPClient
import Settings
import Telemetry

/// Each bridge: whether its file can be used, and whether what it depends on outside can be reached.
struct BridgesCheck: Sendable {
    private static let limit = Duration.seconds(8)
    private static let most = 1000

    let folders: [String]
    let environment: [String: String]
    /// Whether a server runs, so that its listeners have to answer.
    let isRunning: Bool
    let group: EventLoopGroup

    func results() async -> [CheckResult] {
        let files = paths
        guard !files.isEmpty else { return [.skipped("bridges", "there are none")] }
        let results = await withTaskGroup(of: (Int, [CheckResult]).self) { tasks in
            var results: [Int: [CheckResult]] = [:]
            for (index, file) in files.enumerated() {
                if index >= 8, let (done, result) = await tasks.next() { results[done] = result }
                tasks.addTask { (index, await look(at: file)) }
            }
            for await (done, result) in tasks { results[done] = result }
            return results
        }
        return files.indices.flatMap { results[$0] ?? [] }
    }

    private var paths: [String] {
        folders.flatMap { folder in
            ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
                .filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }.map { "\(folder)/\($0)" }
        }.prefix(Self.most).map { $0 }
    }

    private func look(at path: String) async -> [CheckResult] {
        let stem = String(path.split(separator: "/").last?.prefix { $0 != "." } ?? "")
        guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: (1 << 20) + 1)
        else {
            return [.failed("bridge \(stem)", "\(path) cannot be read", "give the server's user the file")]
        }
        let (file, problems) = BridgeFile.read(
            bytes: Array(data), path: path, registry: .standard, environment: environment)
        let name = "bridge \(file?.name ?? stem)"
        var errors = problems.errors
        if let file {
            guard file.isEnabled else { return [.skipped(name, "\(file.kind.kind), switched off")] }
            errors += await BridgeCheck(environment: environment, loops: group).problems(of: file).errors
        }
        guard let file, errors.isEmpty else {
            return errors.map {
                .failed(name, $0.description, "mend the file; `martlet bridge lint \(path)` tells all")
            }
        }
        let connections = (file.kind as? any ConnectsOutside.Type)?.connections(file.settings) ?? []
        guard !connections.isEmpty else { return [.good(name, "\(file.kind.kind): the file is good")] }
        var results: [CheckResult] = []
        for connection in connections { results.append(await attempt(connection, name, file.kind.kind)) }
        return results
    }

    private func attempt(_ connection: OutsideConnection, _ name: String, _ kind: String) async -> CheckResult {
        do {
            return try await withTimeLimit(Self.limit) { try await reach(connection, name, kind) }
        } catch {
            let (place, remedy) = Self.words(connection)
            return .failed(name, "\(kind): \(place): \(ErrorText.of(error))", remedy)
        }
    }

    /// Where a connection leads, without what may be secret in a URL, and what to do when it leads nowhere.
    private static func words(_ connection: OutsideConnection) -> (place: String, remedy: String) {
        switch connection {
        case .http(_, let url, _, _, _):
            (Redactor.origin(of: url), "is it up, is its certificate good, and does `allow` name its addresses?")
        case .mailRelay(let host, let port, _):
            ("\(host):\(port)", "is the relay up, and does a firewall let port \(port) out?")
        case .mailListener(let address):
            ("\(address)", "stop what else listens there, or name another address (settings.listen)")
        }
    }

    private func reach(_ connection: OutsideConnection, _ name: String, _ kind: String) async throws -> CheckResult {
        let (place, remedy) = Self.words(connection)
        switch connection {
        case .http(let method, let url, let headers, let policy, let expectsSuccess):
            var configuration = HTTPClientConfiguration()
            configuration.addressPolicy = policy
            let client = HTTPClient(loop: group.next(), configuration: configuration, logger: .silent)
            defer { client.close() }
            let answer = try await client.send(
                HTTPClientRequest(
                    method: method, url: url, headers: headers, timeout: .seconds(6), maximumResponseBytes: 64 << 10))
            if expectsSuccess, !(200..<300).contains(answer.status) {
                let what = answer.status == 401 || answer.status == 403 ? "mend user, password or api_key" : remedy
                return .failed(name, "\(kind): \(place) answers \(answer.status)", what)
            }
            return .good(name, "\(kind): \(place) answers (\(answer.status))")
        case .mailRelay(let host, let port, let greets):
            let line = try await TCPProbe(address: .tcp(host: host, port: port)).run(greets: greets)
            guard !greets || line.hasPrefix("220") else {
                return .failed(name, "\(kind): \(place) answers \"\(line.prefix(80))\"", "is this a mail relay?")
            }
            return .good(name, "\(kind): \(place) answers")
        case .mailListener(let address):
            if isRunning {
                let line = try await TCPProbe(address: address).run(greets: true)
                guard line.hasPrefix("220") else {
                    return .failed(name, "\(kind): at \(place) somebody else listens: \"\(line.prefix(80))\"", remedy)
                }
                return .good(name, "\(kind): takes mail at \(place)")
            }
            try ListeningSocket.check(address)
            return .good(name, "\(kind): \(place) is free to listen at")
        }
    }
}
