import BridgeKit
import BridgeRuntime
import ChatModel
package import EventLoop
import Foundation
import Lifecycle
import Settings
import Synchronization
import Telemetry

/// How fixtures are run.
package struct BridgeTestOptions: Sendable {
    /// Writes what happens into fixtures that expect something else.
    package var updates = false
    /// The longest that one fixture may take, in time of the wall.
    package var limit = Duration.seconds(30)

    package init() {}
}

extension BridgeSuite {
    /// Runs all fixtures, as many at once as there are loops.
    ///
    /// - Returns: A result for each fixture, in the order of bridges and names; and one for each bridge whose file cannot
    ///   be used.
    package func run(_ options: BridgeTestOptions, loops: EventLoopGroup) async -> [FixtureResult] {
        var jobs: [(member: Member, path: String)] = []
        for member in members {
            for path in member.fixtures { jobs.append((member, path)) }
        }
        let filters = Filters()
        let home = NSTemporaryDirectory() + "martlet-bridge-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: home) }
        let suite = self
        let results = await withTaskGroup(of: (Int, FixtureResult).self) { group in
            var results: [Int: FixtureResult] = [:]
            for (index, job) in jobs.enumerated() {
                if index >= loops.loops.count, let (done, result) = await group.next() { results[done] = result }
                group.addTask {
                    // One filter does for all fixtures of a bridge: thousands of words take a while to compile.
                    let filter = filters.filter(of: job.member.path)
                    let (result, made) = await suite.run(
                        job.path, of: job.member, options, loops, folder: "\(home)/\(index)", filter: filter)
                    if let made { filters.keep(made, of: job.member.path) }
                    return (index, result)
                }
            }
            for await (done, result) in group { results[done] = result }
            return jobs.indices.compactMap { results[$0] }
        }
        let broken = members.filter { $0.file == nil && $0.fixtures.isEmpty }
            .map { FixtureResult.broken($0.path, "", $0.problems) }
        return results + broken
    }

    private func run(
        _ path: String, of member: Member, _ options: BridgeTestOptions, _ loops: EventLoopGroup, folder: String,
        filter: (any BridgeFilter)?
    ) async -> (FixtureResult, (any BridgeFilter)?) {
        guard var file = member.file else { return (.broken(member.path, path, member.problems), nil) }
        guard let bytes = Self.bytes(of: path) else {
            let problem = SettingsProblem(
                file: path, line: 1, column: 1, message: "cannot be read; expected text of at most 1 MiB")
            return (.broken(member.path, path, [problem]), nil)
        }
        let (read, problems) = FixtureReader.read(bytes, path: path, bridge: file.name, environment: environment)
        guard let fixture = read else { return (.broken(member.path, path, problems.errors), nil) }
        var filter = filter
        if !fixture.environment.isEmpty {
            filter = nil
            let own = bridge(
                Self.bytes(of: member.path) ?? [], member.path, environment.merging(fixture.environment) { $1 })
            guard let again = own.0 else { return (.broken(member.path, path, own.1.errors), nil) }
            file = again
        }
        let run = FixtureRun(fixture, file, .init(loops: loops, environment: environment, folder: folder))
        do {
            let made = try await Self.within(options.limit) { [filter] in try await run.run(filter: filter) }
            var result = FixtureResult(run, bridge: member.path, problems: problems)
            if options.updates, result.outcome == .failed || result.outcome == .unstated {
                do {
                    try ExpectationText.write(run.recorder.effects, to: path, from: bytes)
                    result.outcome = .passed
                    result.differences = []
                    result.isUpdated = true
                } catch {
                    return (
                        .broken(member.path, path, [SettingsProblem(file: path, message: error.description)]), nil
                    )
                }
            }
            return (result, fixture.environment.isEmpty ? made : nil)
        } catch let error as BridgeSettingsError {
            return (.broken(member.path, path, error.problems), nil)
        } catch {
            return (.broken(member.path, path, [SettingsProblem(file: member.path, message: ErrorText.of(error))]), nil)
        }
    }

    /// Cancels work that takes too long, and waits for it to heed that.
    static func within<Value: Sendable>(
        _ limit: Duration, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else { throw FixtureTooSlow(limit: limit) }
            return value
        }
    }
}

/// The filters that were made already, by the file of their bridge.
private final class Filters: Sendable {
    private let filters = Mutex<[String: any BridgeFilter]>([:])

    func filter(of bridge: String) -> (any BridgeFilter)? { filters.withLock { $0[bridge] } }
    func keep(_ filter: any BridgeFilter, of bridge: String) { filters.withLock { $0[bridge] = filter } }
}

/// A fixture did not come to its end.
struct FixtureTooSlow: Error, CustomStringConvertible {
    let limit: Duration
    var description: String { "the bridge did not come to an end within \(limit)" }
}

extension FixtureResult {
    static func broken(_ bridge: String, _ path: String, _ problems: [SettingsProblem]) -> FixtureResult {
        FixtureResult(
            bridge: bridge, path: path, name: path.isEmpty ? "" : Self.name(path), about: "", outcome: .broken,
            effects: [], differences: [], problems: problems, given: 0)
    }

    init(_ run: FixtureRun, bridge: String, problems: [SettingsProblem]) {
        let effects = run.recorder.effects
        var differences: [Difference] = []
        if let expectation = run.fixture.expectation {
            differences = Comparison(expectation, effects).differences
        }
        var problems = problems
        if run.recorder.isFull {
            problems.append(
                SettingsProblem(
                    file: run.fixture.path,
                    message: "more than \(EffectRecorder.maximumEffects) effects; what lies beyond is not written down")
            )
        }
        let outcome: Outcome =
            if run.fixture.path.isEmpty {
                .shown
            } else if run.fixture.expectation == nil {
                .unstated
            } else {
                differences.isEmpty && !run.recorder.isFull ? .passed : .failed
            }
        self.init(
            bridge: bridge, path: run.fixture.path, name: run.fixture.name, about: run.fixture.about,
            outcome: outcome, effects: effects, differences: differences, problems: problems,
            given: run.fixture.given.count)
    }

    private static func name(_ path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return file.hasSuffix(".yaml") ? String(file.dropLast(5)) : file
    }
}
