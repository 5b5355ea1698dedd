import BridgeKit
import ChatModel
import ChatService
import ChatStore
import Telemetry

/// Tells which events of the log are for a bridge, and counts the others.
struct EventSieve {
    private let worker: BridgeWorker
    private let writesBack: Bool

    init(_ worker: BridgeWorker) {
        self.worker = worker
        writesBack = type(of: worker.bridge).traits.writesBack
    }

    /// The event as the bridge gets it; nil when it is not for the bridge.
    func wanted(_ record: EventRecord) async throws -> BridgeEvent? {
        let event = try await passed(record)
        if event == nil { worker.counters.skipped.add() }
        return event
    }

    private func passed(_ record: EventRecord) async throws -> BridgeEvent? {
        let selection = worker.file.selection
        guard selection.types.contains(record.type), worker.app.map({ $0 == record.appID }) ?? true else { return nil }
        if writesBack {
            if let actor = record.actorID, worker.chat.knownBot(in: record.appID) == actor { return nil }
        }
        let event = BridgeEvent(record)
        // What became of the bridge itself is not its business: it could never come to rest.
        if record.type.isOfBridges, event.event.data["bridge"]?.string == worker.file.name { return nil }
        let isWanted = try await selection.holds(event) {
            guard let channel = record.channelID else { return nil }
            return try await worker.services.channels.name(of: channel, in: record.appID)
        }
        guard isWanted else { return nil }
        if writesBack, record.hops >= BridgeWorker.maximumHops {
            worker.counters.looped.add()
            worker.logger.warn("bridge.loop", ["cursor": .string(record.cursor.description)])
            // What the system says of the end is nothing that a bridge would have answered.
            if record.type == .messageCreated, event.event.data["kind"]?.string != Message.Kind.system.rawValue,
                let bot = try? await worker.chat.bot(in: record.appID)
            {
                await worker.services.service.tellEnd(of: record, bridge: bot)
            }
            return nil
        }
        return event
    }
}
