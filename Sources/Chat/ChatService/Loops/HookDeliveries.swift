import ChatModel
package import ChatStore
import Synchronization

/// Which messages of incoming webhooks are just being handed to bridges, which may carry them round to the same webhook.
///
/// A program behind an outgoing webhook passes on no header that it does not know. But what its own webhook gets from it
/// while it has the last message of that webhook in hand, and nobody has spoken since, comes of that message. An alert
/// that comes by itself is not held up: of many in a row the last one is not yet in hand when the next comes, or it is
/// done with already.
package final class HookDeliveries: Sendable {
    struct Delivery {
        let hook: UserID
        let message: Int64
        let hops: Int
    }

    private let open = Mutex<[ChannelID: [Delivery]]>([:])

    init() {}

    /// Runs `body`, which hands events to a bridge.
    package func during<Result>(_ records: [EventRecord], _ body: () async -> Result) async -> Result {
        let handed = records.filter {
            $0.type == .messageCreated && MessageHead($0.data)?.author == .hook
        }
        guard !handed.isEmpty else { return await body() }
        for record in handed { begin(record) }
        let result = await body()
        for record in handed { end(record) }
        return result
    }

    private func begin(_ record: EventRecord) {
        guard let channel = record.channelID, let hook = record.actorID, let message = record.subjectID else { return }
        open.withLock {
            $0[channel, default: []].append(Delivery(hook: hook, message: message, hops: record.hops))
        }
    }

    private func end(_ record: EventRecord) {
        guard let channel = record.channelID, let message = record.subjectID else { return }
        open.withLock { open in
            guard let place = open[channel]?.firstIndex(where: { $0.message == message }) else { return }
            open[channel]?.remove(at: place)
            if open[channel]?.isEmpty == true { open.removeValue(forKey: channel) }
        }
    }

    /// The newest message of a hook that is being handed on.
    func newest(of hook: UserID, in channel: ChannelID) -> Delivery? {
        open.withLock { $0[channel]?.filter { $0.hook == hook }.max { $0.message < $1.message } }
    }
}
