import ChatStore
import Lifecycle
import Telemetry

/// The hourly chores: partitions of the coming days, events past their retention, refresh tokens that expired.
final class Maintenance: Service {
    let name = "maintenance"
    private static let interval = Duration.seconds(3600)
    private static let pauseWhenDelayed = Duration.seconds(60)

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
            var pause = Self.interval
            do {
                try await store.prepareEventPartitions()
                try await store.eraseDeletedMessages()
                try await store.dropLogNames(olderThanDays: retentionDays)
                try await store.deleteExpiredRefreshTokens()
                // Somebody reads the log for longer than it takes to wait for him.
                if try await !store.dropEvents(olderThanDays: retentionDays) { pause = Self.pauseWhenDelayed }
            } catch {
                logger.warn("maintenance.failed", ["error": .error(error)])
            }
            _ = await stopping.wait(until: .now + pause)
        }
    }

    func shutdown() { stopping.open() }
}
