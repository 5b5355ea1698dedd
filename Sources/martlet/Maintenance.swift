import ChatStore
import Lifecycle
import Telemetry

/// The hourly chores: partitions of the coming days, events past their retention, refresh tokens that expired.
final class Maintenance: Service {
    let name = "maintenance"
    private static let interval = Duration.seconds(3600)

    private let store: ChatStore
    private let retentionDays: Int
    private let logger: Logger
    private let stopping = Latch()

    init(store: ChatStore, retentionDays: Int, logger: Logger) {
        self.store = store
        self.retentionDays = retentionDays
        self.logger = logger.named("maintenance")
    }

    func run() async throws {
        while !stopping.isOpen {
            do {
                try await store.prepareEventPartitions()
                try await store.dropEvents(olderThanDays: retentionDays)
                try await store.eraseDeletedMessages()
                try await store.dropLogNames(olderThanDays: retentionDays)
                try await store.deleteExpiredRefreshTokens()
            } catch {
                logger.warn("maintenance.failed", ["error": .error(error)])
            }
            _ = await stopping.wait(until: .now + Self.interval)
        }
    }

    func shutdown() { stopping.open() }
}
