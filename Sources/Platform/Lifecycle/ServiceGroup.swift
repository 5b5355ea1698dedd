import Synchronization
package import Telemetry

/// Starts services in the order given, each when the one before is ready, and stops them in the reverse order.
///
/// A service that is not ready within `startLimit` ends the start. At the end each has its ``Service/endLimit`` to
/// drain before it is cancelled, and one that does not heed that is left behind. When one ends by itself or fails, the
/// others are stopped and the failure is thrown.
package final class ServiceGroup: Sendable {
    private struct Running: Sendable {
        let service: any Service
        let ending: Latch
        let task: Task<Void, Never>
    }

    private let services: [any Service]
    private let startLimit: Duration
    private let cancelLimit: Duration
    private let logger: Logger
    private let stopping = Latch()
    private let failure = Mutex<(any Error)?>(nil)

    /// - Parameters:
    ///   - startLimit: How long each service may take until it is ready.
    ///   - cancelLimit: How long a service that was cancelled is waited for.
    package init(
        _ services: [any Service], startLimit: Duration = .seconds(60), cancelLimit: Duration = .seconds(2),
        logger: Logger
    ) {
        self.services = services
        self.startLimit = startLimit
        self.cancelLimit = cancelLimit
        self.logger = logger
    }

    /// Asks for the stop; safe to call from anywhere and more than once.
    package func shutdown() { stopping.open() }

    /// What keeps services from doing their work, by name, in the order of their start.
    package var obstacles: [(name: String, words: String)] {
        services.compactMap { service in service.obstacle.map { (service.name, $0) } }
    }

    /// Runs until ``shutdown()`` or until a service ends.
    ///
    /// - Parameter onReady: Called once, when all are ready.
    /// - Throws: The first failure of a service, or ``ServiceNotReady``.
    package func run(onReady: @escaping @Sendable () -> Void = {}) async throws {
        // Ends with the last service: a caller that is cancelled gets the orderly end, too, and waits for it.
        let order = Task { await startAndStop(onReady) }
        await withTaskCancellationHandler {
            await order.value
        } onCancel: {
            stopping.open()
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func startAndStop(_ onReady: @Sendable () -> Void) async {
        var running: [Running] = []
        var areAllReady = true
        for service in services {
            areAllReady = !stopping.isOpen
            guard areAllReady else { break }
            running.append(start(service))
            areAllReady = await becomesReady(service)
            guard areAllReady else { break }
        }
        if areAllReady { onReady() }
        await stopping.wait()
        for one in running.reversed() { await stop(one) }
    }

    // MARK: Start

    private func start(_ service: any Service) -> Running {
        let ending = Latch()
        // Ended by `stop`; a child of a task group that does not heed its cancellation would keep the group for ever.
        let task = Task { [stopping, logger, self] in
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
                fail(service, error)
            }
        }
        return Running(service: service, ending: ending, task: task)
    }

    private func fail(_ service: any Service, _ error: any Error) {
        logger.error("service.failed", ["name": .string(service.name), "error": .error(error)])
        failure.withLock { if $0 == nil { $0 = error } }
        stopping.open()
    }

    /// Waits until the service is ready, the start was given up, or its time is over.
    private func becomesReady(_ service: any Service) async -> Bool {
        let begun = ContinuousClock.now
        let limit = startLimit
        let result: Result<Bool, any Error> = await withTaskGroup(of: Result<Bool, any Error>?.self) { group in
            group.addTask {
                do {
                    try await service.waitUntilReady()
                    return .success(!Task.isCancelled)
                } catch {
                    return .failure(error)
                }
            }
            group.addTask { [stopping] in
                await stopping.wait() ? .success(false) : nil
            }
            group.addTask { [logger] in
                // Says what is waited for, long before the limit.
                var wait = Swift.min(limit, .seconds(5))
                while true {
                    guard (try? await Task.sleep(for: wait)) != nil else { return nil }
                    let words = service.obstacle ?? "not ready yet"
                    guard ContinuousClock.now - begun < limit else {
                        return .failure(
                            ServiceNotReady(service: service.name, limit: limit, obstacle: service.obstacle))
                    }
                    logger.warn("service.waits", ["name": .string(service.name), "reason": .string(words)])
                    wait = Swift.min(.seconds(5), limit - (ContinuousClock.now - begun))
                }
            }
            while let ended = await group.next() {
                guard let ended else { continue }
                group.cancelAll()
                return ended
            }
            return .success(false)
        }
        switch result {
        case .success(let isReady):
            if isReady {
                let milliseconds = Int64((ContinuousClock.now - begun) / .milliseconds(1))
                logger.debug("service.ready", ["name": .string(service.name), "milliseconds": .int(milliseconds)])
            }
            return isReady
        case .failure(let error):
            fail(service, error)
            return false
        }
    }

    // MARK: End

    private func stop(_ running: Running) async {
        running.service.shutdown()
        if await running.ending.wait(until: .now + running.service.endLimit) { return }
        logger.warn("service.slow", ["name": .string(running.service.name)])
        running.task.cancel()
        if await running.ending.wait(until: .now + cancelLimit) { return }
        logger.error("service.abandoned", ["name": .string(running.service.name)])
    }
}

/// A service did not get ready in its time.
package struct ServiceNotReady: Error, CustomStringConvertible {
    package let service: String
    package let limit: Duration
    /// What kept it, as far as it knows.
    package let obstacle: String?

    package init(service: String, limit: Duration, obstacle: String?) {
        self.service = service
        self.limit = limit
        self.obstacle = obstacle
    }

    package var description: String {
        "\(service): not ready within \(limit)" + (obstacle.map { "; \($0)" } ?? "")
    }
}
