import ChatModel
import EventLoop
import Foundation
import HTTPClient
import HTTPTypes
import Synchronization
import Telemetry
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The built program, with a data folder and a port of its own.
final class MartletProcess: Sendable {
    private static let loop = EventLoop(name: "end-to-end")
    private static let client: HTTPClient = {
        var configuration = HTTPClientConfiguration()
        configuration.addressPolicy = .any
        return HTTPClient(loop: loop, configuration: configuration, logger: .silent)
    }()

    /// Beside the tests, where the build puts it.
    static var program: URL {
        URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("martlet")
    }

    let folder: String
    let identifier: Int32
    /// Where it is served, as `http://127.0.0.1:port`.
    let url: String
    private let log: String

    /// Starts a server and waits until it is ready.
    ///
    /// - Parameters:
    ///   - arguments: More of them; what comes later wins.
    ///   - waits: Whether to wait until it is ready; else there is no address.
    init(folder: String, _ arguments: [String] = [], waits: Bool = true) async throws {
        self.folder = folder
        if !arguments.contains(where: { $0.hasPrefix("database.url") }) {
            try FileManager.default.createDirectory(
                atPath: folder + "/data", withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            try await EmptyDatabase.place(in: folder + "/data")
        }
        let log = folder + "/test-\(UInt32.random(in: .min ... .max)).log"
        self.log = log
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        let process = Self.process(
            (arguments.contains("--listen") ? ["serve"] : ["serve", "--listen", "127.0.0.1:0"])
                + ["--data", folder + "/data", "--set", "log.format=json", "--set", "auth.password_cost=10"]
                + arguments, output)
        let ending = Mutex<Int32?>.Box(nil)
        process.terminationHandler = { process in
            ending.mutex.withLock { $0 = process.terminationStatus }
        }
        try process.run()
        identifier = process.processIdentifier
        self.ending = ending
        guard waits else {
            url = ""
            return
        }
        var url: String?
        try await eventually("the server tells that it is ready; its log is \(log)", within: .seconds(45)) {
            if let status = ending.mutex.withLock({ $0 }) {
                throw NeverHappened(description: "ended with \(status): \(Self.text(log))")
            }
            for line in Self.text(log).split(separator: "\n") where line.contains("server.ready") {
                let fields = try JSONDecoder().decode(JSONValue.self, from: Data(line.utf8))
                url = fields["listen"]?.string.map { "http://\($0)" }
            }
            return url != nil
        }
        self.url = url ?? ""
    }

    private let ending: Mutex<Int32?>.Box

    /// What it has written so far.
    var output: String { Self.text(log) }
    /// The exit status, or the number of the signal; nil while it runs.
    var status: Int32? { ending.mutex.withLock { $0 } }

    func signal(_ number: Int32) { kill(identifier, number) }

    /// Ends it at once, without a chance to tidy up.
    func crash() async throws {
        signal(SIGKILL)
        try await eventually("it has ended") { status != nil }
    }

    /// Runs the program to its end.
    static func run(
        _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> (status: Int32, output: String) {
        let log = try temporaryDirectory() + "/output"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let process = process(arguments, try FileHandle(forWritingTo: URL(fileURLWithPath: log)))
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return (status, text(log))
    }

    /// Runs a script of sh(1) to its end, with the program as `$MARTLET`; its output is what it writes to both streams.
    static func shell(
        _ script: String, environment: [String: String] = [:]
    ) async throws -> (status: Int32, output: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            .merging(["MARTLET": program.path]) { $1 }
        try process.run()
        let text = try await Task { try output.fileHandleForReading.readToEnd() ?? Data() }.value
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }

    private static func process(_ arguments: [String], _ output: FileHandle) -> Process {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        return process
    }

    private static func text(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    // MARK: Requests

    struct Answer {
        let status: Int
        let text: String
        let json: JSONValue
        subscript(key: String) -> JSONValue? { json[key] }
    }

    func request(
        _ method: HTTPMethod, _ path: String, token: String? = nil, _ body: String? = nil
    ) async throws -> Answer {
        try await Self.request(method, url + path, token: token, body)
    }

    static func request(
        _ method: HTTPMethod, _ url: String, token: String? = nil, _ body: String? = nil
    ) async throws -> Answer {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        if let token { headers["Authorization"] = "Bearer \(token)" }
        let response = try await client.send(
            HTTPClientRequest(
                method: method, url: url, headers: headers, body: Array((body ?? "").utf8),
                timeout: .seconds(30), maximumResponseBytes: 8 << 20))
        let json = (try? JSONDecoder().decode(JSONValue.self, from: Data(response.body))) ?? .null
        return Answer(status: response.status, text: String(decoding: response.body, as: UTF8.self), json: json)
    }

    /// Logs in as the administrator whom the first start has made.
    func logIn() async throws -> String {
        let data = try #require(FileManager.default.contents(atPath: folder + "/data/admin.json"))
        let account = try JSONDecoder().decode(JSONValue.self, from: data)
        let password = try #require(account["password"]?.string)
        let answer = try await request(
            .post, "/v1/auth/login", #"{"handle":"admin","password":"\#(password)"}"#)
        return try #require(answer["access_token"]?.string, "\(answer.text)")
    }
}

extension Mutex where Value: Sendable {
    final class Box: Sendable {
        let mutex: Mutex<Value>
        init(_ value: Value) { mutex = Mutex(value) }
    }
}
