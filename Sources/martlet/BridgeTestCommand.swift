import AdminAPI
import BridgeKit
import BridgeRuntime
import BridgeTesting
import Bridges
import ChatModel
import EventLoop
import HTTPTypes
import MartletClient

/// `martlet bridge test`: what bridges would do with the events of their fixtures, or with those of a running server, and
/// whether that is what they should.
struct BridgeTestCommand: Equatable {
    /// Events of a running server instead of fixtures.
    struct Past: Equatable {
        var limit = 100
        /// Where they begin; the newest when nil.
        var after: String?
    }

    let paths: [String]
    var updates = false
    var isVerbose = false
    var past: Past?

    init(paths: [String], updates: Bool = false, isVerbose: Bool = false, past: Past? = nil) {
        self.paths = paths
        self.updates = updates
        self.isVerbose = isVerbose
        self.past = past
    }

    init(paths: [String], arguments: Arguments) throws(UsageError) {
        self.init(
            paths: paths, updates: arguments.flags.contains("update"), isVerbose: arguments.flags.contains("verbose"))
        let (count, after) = (arguments["past"], arguments["after"])
        guard count != nil || after != nil else { return }
        if updates { throw UsageError("--update goes with fixtures; past events expect nothing.", status: 2) }
        var past = Past(after: after)
        if let count {
            guard let number = Int(count), (1...Fixture.mostGiven).contains(number) else {
                throw UsageError("--past takes a number from 1 to \(Fixture.mostGiven), not \"\(count)\".", status: 2)
            }
            past.limit = number
        }
        if let after, ReplayBound(after) == nil {
            throw UsageError(
                "--after takes `beginning`, a time such as 2026-01-31T09:00:00Z or a cursor, not \"\(after)\".",
                status: 2)
        }
        self.past = past
    }

    func run(environment: [String: String], access: () throws -> ServerAccess) async throws -> BridgeTestReport {
        let suite: BridgeSuite
        do {
            suite = try BridgeSuite(paths, registry: .standard, environment: environment)
        } catch {
            throw UsageError(error.description, status: 2)
        }
        var options = BridgeTestOptions()
        options.updates = updates
        let loops = EventLoopGroup()
        guard let past else {
            return BridgeTestReport(
                suite: suite, results: await suite.run(options, loops: loops), isVerbose: isVerbose)
        }
        let access = try access()
        var results: [FixtureResult] = []
        var given: [String: [Event]] = [:]
        for member in suite.members {
            guard let file = member.file else { continue }
            // What only judges is asked about every text.
            let types = file.types.isEmpty ? [EventType.messageCreated, .messageUpdated] : file.types
            let names = types.map { MartletClient.segment($0.description) }.joined(separator: ",")
            var path = "/v1/bridge-events?types=\(names)&limit=\(past.limit)"
            if let after = past.after { path += "&after=\(MartletClient.segment(after))" }
            let found: PastEvents = try await access.call { [path] in try await $0.call(.get, path) }
            given[member.path] = found.events
            results.append(
                await suite.run(member, over: found.events, channels: found.channels, options, loops: loops))
        }
        return BridgeTestReport(suite: suite, results: results, isVerbose: isVerbose, past: given)
    }
}
