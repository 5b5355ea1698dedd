import EventLoop
import Lifecycle
import Telemetry

/// Who uses a connector's link; called on the loop.
protocol RedisLinkOwner: AnyObject, Sendable {
    func linkOpened(_ link: RedisLink)
    func received(_ reply: RedisValue)
    /// The link broke, or an attempt to open one failed.
    func linkLost(_ reason: RedisError)
}

/// Keeps one link open: connects, and connects again when it breaks.
///
/// Everything but ``close()`` is called on the loop. It ends with ``close()`` or with its owner.
final class RedisConnector: @unchecked Sendable {
    private enum Phase {
        case idle, connecting, waiting, open, closed
    }

    private let configuration: RedisConfiguration
    private let loop: EventLoop
    private let outage: OutageLog
    private let name: String
    // All that follows is touched on the loop only.
    weak var owner: (any RedisLinkOwner)?
    private var phase = Phase.idle
    private var backoff: Backoff
    private var openedAt = ContinuousClock.now
    private(set) var link: RedisLink?

    init(_ configuration: RedisConfiguration, loop: EventLoop, logger: Logger, name: String) {
        self.configuration = configuration
        self.loop = loop
        outage = OutageLog(
            logger.with(["client": .string(name), "address": .string("\(configuration.address)")]),
            failed: "redis.lost", restored: "redis.connected")
        self.name = name
        backoff = Backoff(first: .milliseconds(20), max: configuration.reconnectDelay)
    }

    /// Connects unless that has begun.
    func connect() {
        loop.preconditionInLoop()
        guard phase == .idle else { return }
        phase = .connecting
        // Ends by itself: an attempt is bounded by the connect timeout.
        Task(executorPreference: loop) { [self] in
            let result: Result<RedisLink, RedisError>
            do {
                result = .success(try await RedisLink.open(configuration, on: loop, name: name))
            } catch {
                result = .failure(error as? RedisError ?? RedisError(.unavailable, "\(error)"))
            }
            loop.executeNow { self.attempted(result) }
        }
    }

    func close() {
        loop.executeNow {
            self.phase = .closed
            self.link?.close(RedisError(.closed, "the Redis client was closed"))
            self.link = nil
        }
    }

    private func attempted(_ result: Result<RedisLink, RedisError>) {
        switch result {
        case .success(let link):
            guard phase == .connecting, owner != nil else {
                link.close(RedisError(.closed, "the Redis client was closed"))
                return
            }
            let isOpen = link.take(
                onReply: { [weak self] reply in self?.owner?.received(reply) },
                onClose: { [weak self] reason in self?.lost(reason) })
            guard isOpen else { return lost(RedisError(.connectionLost, "the Redis server closed the connection")) }
            phase = .open
            openedAt = .now
            self.link = link
            outage.worked()
            owner?.linkOpened(link)
        case .failure(let error):
            lost(error)
        }
    }

    private func lost(_ reason: RedisError) {
        link = nil
        guard phase != .closed else { return }
        outage.failed(reason)
        if phase == .open, ContinuousClock.now - openedAt > .seconds(2) { backoff.reset() }
        phase = .waiting
        owner?.linkLost(reason)
        loop.schedule(after: backoff.next()) { [weak self] in
            guard let self, phase == .waiting, owner != nil else { return }
            phase = .idle
            connect()
        }
    }
}
