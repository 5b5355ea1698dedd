import Synchronization
package import Telemetry

/// Runs services in the order given and stops them in the reverse order.
///
/// Each service gets `grace` to drain before it is cancelled; when one ends by itself or fails, the others are stopped
/// and the failure is thrown.
package final class ServiceGroup: Sendable {
    private let services: [any Service]
    private let grace: Duration
    private let logger: Logger
    private let stopping = Latch()
    private let failure = Mutex<(any Error)?>(nil)

    package init(_ services: [any Service], grace: Duration = .seconds(8), logger: Logger) {
        self.services = services
        self.grace = grace
        self.logger = logger
    }

    /// Asks for the stop; safe to call from anywhere and more than once.
    package func shutdown() { stopping.open() }

    /// Runs until ``shutdown()`` or until a service ends.
    ///
    /// - Throws: The first failure of a service.
    package func run() async throws {
        let endings = services.map { _ in Latch() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (service, ending) in zip(services, endings) {
                group.addTask { [stopping, logger, self] in
                    defer {
                        ending.open()
                        stopping.open()
                    }
                    do {
                        try await service.run()
                        logger.debug("service.stopped", ["name": .string(service.name)])
                    } catch is CancellationError {
                        logger.warn("service.cancelled", ["name": .string(service.name)])
                    } catch {
                        logger.error("service.failed", ["name": .string(service.name), "error": .error(error)])
                        failure.withLock { if $0 == nil { $0 = error } }
                    }
                }
            }
            await stopping.wait()
            // One deadline for all: a server that is asked to stop has a bounded time to do it.
            let deadline = ContinuousClock.now + grace
            for (service, ending) in zip(services, endings).reversed() {
                service.shutdown()
                if await !ending.wait(until: deadline) {
                    logger.warn("service.slow", ["name": .string(service.name)])
                }
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
