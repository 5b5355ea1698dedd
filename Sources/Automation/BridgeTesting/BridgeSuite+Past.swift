import BridgeKit
import BridgeRuntime
package import ChatModel
package import EventLoop
import Foundation
import Settings
import Telemetry

extension BridgeSuite {
    /// Runs one bridge over events that happened on a server; nothing is compared.
    ///
    /// - Parameters:
    ///   - events: At most ``Fixture/mostGiven``, in their order.
    ///   - channels: Those that the events name.
    package func run(
        _ member: Member, over events: [Event], channels: [Channel], _ options: BridgeTestOptions,
        loops: EventLoopGroup
    ) async -> FixtureResult {
        guard let file = member.file else { return .broken(member.path, "", member.problems) }
        let now = events.first.flatMap { Timestamp.parse($0.at) } ?? Timestamp.nowMilliseconds()
        var world = FixtureWorld(bridge: file.name, now: now)
        for channel in channels { world.add(channel) }
        var given: [Fixture.Given] = []
        for event in events.prefix(Fixture.mostGiven) {
            let isText = event.type == .messageCreated || event.type == .messageUpdated
            if isText, let message = event.data.decoded(as: Message.self) { world.keep(message) }
            given.append(.event(event, isJudged: isText))
        }
        let fixture = Fixture(path: "", about: "", given: given, world: world, now: now)
        let folder = NSTemporaryDirectory() + "martlet-bridge-test-\(UUID().uuidString)"
        let run = FixtureRun(fixture, file, .init(loops: loops, environment: environment, folder: folder))
        do {
            _ = try await Self.within(options.limit) { try await run.run() }
            return FixtureResult(run, bridge: member.path, problems: [])
        } catch let error as BridgeSettingsError {
            return .broken(member.path, "", error.problems)
        } catch {
            return .broken(member.path, "", [SettingsProblem(file: member.path, message: ErrorText.of(error))])
        }
    }
}
