import BridgeKit
package import BridgeRuntime
import ChatModel
package import EventLoop
import Foundation
package import Settings
import Telemetry

/// Makes the bridge of a file as the server does, without a chat and without effects.
///
/// What a kind refuses only when it is made, such as rules that are too much together, is found this way.
package struct BridgeCheck: Sendable {
    private let loops: EventLoopGroup
    private let environment: [String: String]

    package init(environment: [String: String], loops: EventLoopGroup) {
        self.environment = environment
        self.loops = loops
    }

    /// What the kind says against a file that can be read; nothing of one that is switched off.
    package func problems(of file: BridgeFile) async -> [SettingsProblem] {
        guard file.isEnabled else { return [] }
        let folder = NSTemporaryDirectory() + "martlet-bridge-check-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let now = Timestamp.nowMilliseconds()
        let recorder = EffectRecorder(secrets: [])
        let context = BridgeContext(
            name: file.name, app: FixtureWorld.app,
            log: BridgeLog(Logger(service: "bridge", level: .error, sink: FixtureLog(recorder: recorder))),
            chat: FixtureChat(world: FixtureWorld(bridge: file.name, now: now), recorder: recorder),
            store: FixtureStore([:], now: { now }), environment: environment, folder: folder, loops: loops,
            targets: RecordingTargets(recorder: recorder, answers: TargetAnswers([]), kind: file.kind), isTest: true)
        do {
            await (try BridgeTrial(file, context: context)).stop()
            return []
        } catch let error as BridgeSettingsError {
            return error.problems
        } catch {
            return [file.settings.problem(at: "", ErrorText.of(error))]
        }
    }
}
