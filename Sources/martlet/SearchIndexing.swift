import ChatStore
import EventLog
import Lifecycle
import Telemetry

/// Merges the words of new messages into the search index, so that no sender has to wait for it.
///
/// On the node whose relay leads, while messages come; nobody else asks the database for anything.
final class SearchIndexing: Service {
    let name = "search-indexing"
    private static let interval = Duration.milliseconds(250)

    private let store: ChatStore
    private let relay: EventRelay
    private let outage: OutageLog
    private let stopping = Latch()

    init(store: ChatStore, relay: EventRelay, logger: Logger) {
        self.store = store
        self.relay = relay
        outage = OutageLog(logger.named("search"), failed: "search.merge_failed", restored: "search.merge_resumed")
    }

    func run() async throws {
        var merged = 0
        while !stopping.isOpen {
            let relayed = relay.eventsRelayed
            if relayed > merged {
                do {
                    try await store.mergeSearchIndex()
                    merged = relayed
                    outage.worked()
                } catch {
                    outage.failed(error)
                }
            }
            _ = await stopping.wait(until: .now + Self.interval)
        }
    }

    func shutdown() { stopping.open() }
}
