import EventLoop

/// Who has which connection and who waits for one; no input or output, guarded by the pool's lock.
struct PoolState {
    enum Grant: Sendable {
        case connection(PostgresConnection)
        /// A place: the waiter opens a connection itself.
        case open
    }

    typealias Waiter = CheckedContinuation<Grant, any Error>

    enum Acquired {
        case connection(PostgresConnection)
        case open
        case wait
        case full
        case closed
    }

    enum Waiting {
        case waiting
        case granted(Grant)
        case cancelled
        case closed
    }

    /// What the pool does after unlocking.
    enum Action {
        case none
        case grant(Waiter, Grant)
        case empty(CheckedContinuation<Void, Never>)
    }

    private struct Entry {
        let continuation: Waiter
        let deadline: ContinuousClock.Instant
    }

    private let size: Int
    private let maximumWaiters: Int
    private var idle: [PostgresConnection] = []
    private var lentById: [ObjectIdentifier: PostgresConnection] = [:]
    /// Connections that are idle or lent, and places whose connection is being opened.
    private var places = 0
    private var waiters: [UInt64: Entry] = [:]
    /// In the order of their coming; those who gave up are no longer in `waiters`.
    private var order = FIFOQueue<UInt64>()
    private var waiterIds: UInt64 = 0
    /// Cancelled between drawing a number and queueing.
    private var cancelled: Set<UInt64> = []
    private var pending: Set<UInt64> = []
    private var isExpiryScheduled = false
    private var isClosed = false
    private var closing: CheckedContinuation<Void, Never>?

    init(size: Int, maximumWaiters: Int) {
        self.size = size
        self.maximumWaiters = maximumWaiters
    }

    var lent: [PostgresConnection] { Array(lentById.values) }

    mutating func acquire() -> Acquired {
        guard !isClosed else { return .closed }
        if let grant = take() {
            switch grant {
            case .connection(let connection): return .connection(connection)
            case .open: return .open
            }
        }
        return waiters.count + pending.count < maximumWaiters ? .wait : .full
    }

    /// An idle connection or a free place; none while others wait.
    private mutating func take() -> Grant? {
        guard waiters.isEmpty else { return nil }
        while !idle.isEmpty {
            // The most recent has the warmest caches on both sides; the caller's own loop saves changing threads.
            let index = idle.lastIndex { $0.loop.isCurrent } ?? idle.count - 1
            let connection = idle.remove(at: index)
            guard !connection.isClosed else {
                places -= 1
                continue
            }
            lentById[ObjectIdentifier(connection)] = connection
            return .connection(connection)
        }
        guard places < size else { return nil }
        places += 1
        return .open
    }

    mutating func opened(_ connection: PostgresConnection) { lentById[ObjectIdentifier(connection)] = connection }

    mutating func release(_ connection: PostgresConnection, isUsable: Bool) -> (action: Action, mustClose: Bool) {
        lentById[ObjectIdentifier(connection)] = nil
        guard isUsable, !isClosed else { return (discard(), true) }
        if let waiter = firstWaiter() {
            lentById[ObjectIdentifier(connection)] = connection
            return (.grant(waiter, .connection(connection)), false)
        }
        idle.append(connection)
        return (.none, false)
    }

    /// A place came free; the next who waits may fill it.
    mutating func discard() -> Action {
        if !isClosed, let waiter = firstWaiter() { return .grant(waiter, .open) }
        places -= 1
        guard places == 0, let closing = closing.take() else { return .none }
        return .empty(closing)
    }

    // MARK: Waiting

    mutating func nextWaiter() -> UInt64 {
        waiterIds += 1
        pending.insert(waiterIds)
        return waiterIds
    }

    /// - Returns: What happened, and whether the caller must see to the expiry.
    mutating func wait(
        _ id: UInt64, _ continuation: Waiter, until deadline: ContinuousClock.Instant
    ) -> (Waiting, isFirst: Bool) {
        pending.remove(id)
        if cancelled.remove(id) != nil { return (.cancelled, false) }
        if isClosed { return (.closed, false) }
        // A connection may have come back between the two locks.
        if let grant = take() { return (.granted(grant), false) }
        waiters[id] = Entry(continuation: continuation, deadline: deadline)
        order.append(id)
        defer { isExpiryScheduled = true }
        return (.waiting, !isExpiryScheduled)
    }

    mutating func cancel(_ id: UInt64) -> Waiter? {
        if pending.contains(id) { cancelled.insert(id) }
        return waiters.removeValue(forKey: id)?.continuation
    }

    private mutating func firstWaiter() -> Waiter? {
        while let id = order.popFirst() {
            if let entry = waiters.removeValue(forKey: id) { return entry.continuation }
        }
        return nil
    }

    /// - Returns: Who waited too long, and when to look again.
    mutating func expire(_ now: ContinuousClock.Instant) -> (expired: [Waiter], next: ContinuousClock.Instant?) {
        var expired: [Waiter] = []
        while let id = order.first {
            if let entry = waiters[id] {
                guard entry.deadline <= now else { return (expired, entry.deadline) }
                expired.append(entry.continuation)
                waiters[id] = nil
            }
            _ = order.popFirst()
        }
        isExpiryScheduled = false
        return (expired, nil)
    }

    // MARK: Closing

    mutating func close() -> (waiters: [Waiter], idle: [PostgresConnection]) {
        isClosed = true
        var waiting: [Waiter] = []
        while let waiter = firstWaiter() { waiting.append(waiter) }
        defer {
            places -= idle.count
            idle = []
        }
        return (waiting, idle)
    }

    /// - Returns: Whether there is nothing to wait for.
    mutating func awaitEmpty(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
        guard places > 0, closing == nil else { return true }
        closing = continuation
        return false
    }
}
