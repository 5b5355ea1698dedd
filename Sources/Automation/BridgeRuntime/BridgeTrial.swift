package import BridgeKit
package import ChatModel
import ChatService
import ChatStore

/// One bridge without server, queue and waits: whoever holds it brings one event after another and is told what the
/// runtime would do with each.
package struct BridgeTrial: Sendable {
    /// How one try ended.
    package enum Step: Sendable {
        case done
        case retry(after: Duration, reason: String)
        /// No event would be read until the target is back.
        case down(reason: String)
        case dead(reason: String, pauses: Bool)
        /// It comes again at this time, in milliseconds since 1970, with its tries counted anew.
        case deferred(until: Int64)
    }

    /// What keeps an event from the bridge.
    package struct Obstacle: Sendable, Hashable {
        /// The line of the file (`where.channel`), or the rule of the runtime.
        package let rule: String
        package let reason: String
    }

    package let file: BridgeFile
    private let bridge: any Bridge

    /// Makes the bridge of a file; its context decides what it reaches.
    ///
    /// - Throws: What the bridge says against its settings.
    package init(_ file: BridgeFile, context: BridgeContext) async throws {
        self.file = file
        bridge = try await file.kind.init(settings: file.settings, context: context)
    }

    /// Whether any events reach the bridge; one that only judges or listens gets none.
    package var followsEvents: Bool { !file.selection.types.isEmpty }

    package func start() async throws { try await bridge.start() }
    package func stop() async { await bridge.stop() }

    /// Brings mail, for kinds that take some.
    ///
    /// - Returns: False when the kind takes none.
    package func deliver(_ mail: [UInt8], to recipient: String) async throws -> Bool {
        guard let taker = bridge as? any MailTaker else { return false }
        try await taker.take(mail, for: recipient)
        return true
    }

    /// Why the runtime would not hand the event over; nil when it would.
    ///
    /// - Parameter bot: The user that the bridge writes as.
    package func obstacle(to event: BridgeEvent, bot: UserID, channelName: String?) async throws -> Obstacle? {
        if let line = try await file.selection.obstacle(to: event, channelName: { channelName }) {
            return Obstacle(rule: line.rawValue, reason: Self.reason(line, event.event, channelName))
        }
        guard type(of: bridge).traits.writesBack else { return nil }
        if event.event.hops >= ChatLimits.hops {
            return Obstacle(rule: "hops", reason: "it came through \(event.event.hops) automations; a loop")
        }
        return event.event.actorID == bot ? Obstacle(rule: "itself", reason: "the bridge wrote it itself") : nil
    }

    /// Hands the event over for the `attempt`th time, from 1; waits are told at their longest.
    package func attempt(_ event: BridgeEvent, _ attempt: Int) async -> Step {
        var event = event
        event.attempt = attempt
        let outcome =
            await bridge.handle([event]).first
            ?? .failed(BridgeError.retry(reason: "the bridge told no outcome for this event"))
        let record = EventRecord(
            cursor: event.event.cursor, type: event.event.type, version: event.event.version, appID: event.app,
            channelID: event.event.channelID, audienceID: nil, actorID: event.event.actorID,
            subjectID: event.event.subjectID, hops: event.event.hops, at: 0, data: "null")
        let queued = QueuedEvent(record: record, event: event, isFromStream: false, attempts: attempt - 1)
        return switch EventAttempt(queued, outcome, file, isProbe: false, jitter: 1).disposition {
        case .done: .done
        case .dead(let reason, let pauses): .dead(reason: reason, pauses: pauses)
        case .retry(let delay, let reason): .retry(after: delay, reason: reason)
        case .down(let reason): .down(reason: reason)
        case .deferred(let time, _): .deferred(until: time)
        }
    }

    private static func reason(_ line: EventSelection.Line, _ event: Event, _ channelName: String?) -> String {
        let kind = event.data["author"]?["kind"]?.string ?? event.data["user"]?["kind"]?.string
        return switch line {
        case .type: "it is a \(event.type)"
        case .senderIsBot, .senderKind: kind.map { "a \($0) wrote it" } ?? "it names no sender"
        case .matches, .contains: event.data["text"] == nil ? "it has no text" : "the text holds nothing of the kind"
        case .channel: channelName.map { "it happened in #\($0)" } ?? "it belongs to no channel with a name"
        }
    }
}
