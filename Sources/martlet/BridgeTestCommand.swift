import BridgeTesting
import Bridges
import EventLoop

/// `martlet bridge test`: what bridges would do with the events of their fixtures, and whether that is what they should.
struct BridgeTestCommand: Equatable {
    let paths: [String]
    let updates: Bool
    let isVerbose: Bool

    func run(environment: [String: String]) async throws -> BridgeTestReport {
        let suite: BridgeSuite
        do {
            suite = try BridgeSuite(paths, registry: .standard, environment: environment)
        } catch {
            throw UsageError(error.description, status: 2)
        }
        var options = BridgeTestOptions()
        options.updates = updates
        let results = await suite.run(options, loops: EventLoopGroup())
        return BridgeTestReport(suite: suite, results: results, isVerbose: isVerbose)
    }
}
