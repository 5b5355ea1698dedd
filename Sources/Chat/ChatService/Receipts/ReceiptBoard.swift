import ChatModel
package import ChatStore
import EventLog
import Lifecycle
import Synchronization
import Telemetry

/// Gathers what has reached whom, writes it twice a second, and tells the members of small channels what is new.
///
/// A position of delivery is a courtesy and no promise: it is kept in memory until it is written, and what the end of the
/// process takes along, the next message mends. Positions of reading are written when they are said, and only told here.
package final class ReceiptBoard: Service {
    package let name = "receipts"

    private struct Place: Hashable {
        let channel: ChannelID
        let user: UserID
    }

    private struct State {
        var delivered: [Place: (app: AppID, seq: Int64)] = [:]
        /// What is to be told, the newest of each member.
        var news: [Place: MemberReceipt] = [:]
        var listener: (@Sendable ([MemberReceipt]) -> Void)?
    }

    /// How long news is gathered, so that a member who reads on is told of once.
    package static let pause = Duration.milliseconds(500)
    /// Members whose news wait; of further ones nothing is told, and what is delivered to them is said again with the next message.
    private static let maximumWaiting = 10_000
    private static let maximumAtOnce = 1_000

    private let store: ChatStore
    private let logger: Logger
    private let state = Mutex(State())
    private let changes = WakeSignal()
    private let stopping = Latch()

    init(store: ChatStore, logger: Logger) {
        self.store = store
        self.logger = logger.named("receipts")
    }

    /// Has `listener` told of receipts that are new, those of one channel together; it must not wait.
    package func onNews(_ listener: @escaping @Sendable ([MemberReceipt]) -> Void) {
        state.withLock { $0.listener = listener }
    }

    /// Takes that messages up to `seq` have reached a member.
    func delivered(_ channel: ChannelID, upTo seq: Int64, to user: UserID, in app: AppID) {
        let place = Place(channel: channel, user: user)
        state.withLock { state in
            if let known = state.delivered[place] {
                if known.seq < seq { state.delivered[place] = (app, seq) }
            } else if state.delivered.count < Self.maximumWaiting {
                state.delivered[place] = (app, seq)
            }
        }
        changes.signal()
    }

    /// Takes a receipt that was written and is to be told.
    func tell(_ receipt: MemberReceipt) {
        state.withLock { state in
            let place = Place(channel: receipt.channel, user: receipt.user)
            guard state.news[place] != nil || state.news.count < Self.maximumWaiting else { return }
            state.news[place] = receipt
        }
        changes.signal()
    }

    // MARK: Service

    package func run() async throws {
        while !stopping.isOpen {
            await changes.wait()
            _ = await stopping.wait(until: .now + Self.pause)
            await flush()
        }
    }

    package func shutdown() {
        stopping.open()
        changes.signal()
    }

    /// Writes and tells what has gathered.
    func flush() async {
        while let batch = nextDelivered() {
            do {
                for receipt in try await store.markDelivered(batch) { tell(receipt) }
            } catch {
                logger.debug("receipts.not_written", ["error": .error(error)])
            }
        }
        let (news, listener) = state.withLock { state in
            defer { state.news = [:] }
            return (state.news.values, state.listener)
        }
        guard let listener else { return }
        for receipts in Dictionary(grouping: news, by: \.channel).values { listener(receipts) }
    }

    private func nextDelivered() -> [(app: AppID, channel: ChannelID, user: UserID, seq: Int64)]? {
        state.withLock { state in
            guard !state.delivered.isEmpty else { return nil }
            let batch = state.delivered.prefix(Self.maximumAtOnce)
            for place in batch.map(\.key) { state.delivered.removeValue(forKey: place) }
            return batch.map { ($0.value.app, $0.key.channel, $0.key.user, $0.value.seq) }
        }
    }
}
