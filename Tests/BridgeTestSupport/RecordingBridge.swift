package import BridgeKit
import ChatModel
package import Settings
import Synchronization

/// A bridge to nowhere: writes down what it gets and ends each try as the test has said.
package struct RecordingBridge: Bridge {
    package static let kind = "recording"
    package static let summary = "Writes down what it gets."
    package static let settings = SettingsSpec {
        SettingKey("box", .string, "Where it is written down.", required: true)
        SettingKey("port", .integer(1...65_535), "Nothing.", default: 25)
    }

    private let box: RecordingBox

    package init(settings: Settings, context: BridgeContext) throws {
        box = RecordingBox.named(settings.string("box"))
    }

    package func start() async throws { box.started() }

    package func handle(_ event: BridgeEvent) async throws {
        let text = try event.message().text
        box.began(text)
        do {
            try await box.behaviour?(event, text)
            box.ended(text, isDone: true)
        } catch {
            box.ended(text, isDone: false)
            throw error
        }
    }

    package func stop() async { box.stopped() }
}

/// The same, but its messages may come back to it.
package struct AnsweringBridge: Bridge {
    package static let kind = "answering"
    package static let summary = "Answers every message."
    package static let settings = SettingsSpec.empty
    package static let traits = BridgeTraits(writesBack: true)

    private let context: BridgeContext
    package init(settings: Settings, context: BridgeContext) throws { self.context = context }

    package func handle(_ event: BridgeEvent) async throws {
        guard let channel = event.event.channelID else { return }
        _ = try await context.chat.post(
            BridgePost(
                channel: channel, text: "re: \(try event.message().text)", authorName: "Echo",
                nonce: "\(context.name)-\(event.event.cursor)", hops: event.event.hops), in: event.app)
    }
}

/// What recording bridges of one name have got; also across restarts and nodes.
package final class RecordingBox: Sendable {
    package typealias Behaviour = @Sendable (BridgeEvent, String) async throws -> Void

    private struct State {
        var tries: [String] = []
        var done: [String] = []
        var inProgress: Set<String> = []
        var mostInProgress = 0
        var starts = 0
        var stops = 0
        var behaviour: Behaviour?
    }

    private static let boxes = Mutex<[String: RecordingBox]>([:])
    private let state = Mutex(State())

    package static func named(_ name: String) -> RecordingBox {
        boxes.withLock { boxes in
            if let box = boxes[name] { return box }
            let box = RecordingBox()
            boxes[name] = box
            return box
        }
    }

    /// Every try, in the order in which they began.
    package var tries: [String] { state.withLock { $0.tries } }
    /// What reached its target, in that order.
    package var done: [String] { state.withLock { $0.done } }
    package var inProgress: Set<String> { state.withLock { $0.inProgress } }
    package var mostInProgress: Int { state.withLock { $0.mostInProgress } }
    package var starts: Int { state.withLock { $0.starts } }
    package var stops: Int { state.withLock { $0.stops } }

    package var behaviour: Behaviour? { state.withLock { $0.behaviour } }
    package func behave(_ behaviour: @escaping Behaviour) { state.withLock { $0.behaviour = behaviour } }

    func started() { state.withLock { $0.starts += 1 } }
    func stopped() { state.withLock { $0.stops += 1 } }

    func began(_ text: String) {
        state.withLock { state in
            state.tries.append(text)
            state.inProgress.insert(text)
            state.mostInProgress = max(state.mostInProgress, state.inProgress.count)
        }
    }

    func ended(_ text: String, isDone: Bool) {
        state.withLock { state in
            state.inProgress.remove(text)
            if isDone { state.done.append(text) }
        }
    }
}
