import BridgeKit
import BridgeTesting
import Bridges
import EventLoop
import Foundation
import TestSupport

/// A folder with bridges and their fixtures, and the results of running them.
struct SuiteFolder {
    static let webhook = """
        bridge: webhook
        name: orders
        on: [message.created, message.updated]
        where: { channel: ["orders", "customer-*"], sender.bot: false }
        retry: { attempts: 3 }
        settings:
          url: https://example.org/hook
          secret: { env: SECRET }
          headers: { X-Tenant: acme-and-sons }

        """

    let path: String
    private static let loops = EventLoopGroup(count: 2)

    init(_ files: [String: String] = [:]) throws {
        path = try temporaryDirectory()
        for (name, text) in files { try write(text, name) }
    }

    /// A folder with one webhook bridge and one fixture of it.
    init(fixture: String) throws {
        try self.init(["orders.yaml": Self.webhook, "orders.tests/one.yaml": fixture])
    }

    func write(_ text: String, _ name: String) throws {
        let file = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    func suite(_ names: [String] = [""], environment: [String: String] = [:]) throws -> BridgeSuite {
        try BridgeSuite(names.map { "\(path)/\($0)" }, registry: .standard, environment: environment)
    }

    func run(
        _ names: [String] = [""], environment: [String: String] = [:], updates: Bool = false,
        limit: Duration = .seconds(30)
    ) async throws -> [FixtureResult] {
        var options = BridgeTestOptions()
        options.updates = updates
        options.limit = limit
        return await (try suite(names, environment: environment)).run(options, loops: Self.loops)
    }

    /// The result of the only fixture.
    func result(environment: [String: String] = [:], updates: Bool = false) async throws -> FixtureResult {
        let results = try await run(environment: environment, updates: updates)
        guard results.count == 1 else { throw CocoaError(.featureUnsupported) }
        return results[0]
    }
}
