import ChatStore

/// What a relay knows of the transactions that stand between it and the end of the log.
///
/// A state machine without I/O. Most transactions are over in a moment, so nothing is asked about one before it has been
/// in the way for ten milliseconds. Those that cannot write events are passed over from then on; of those that can, and
/// last, it is told whose they are.
struct HorizonWatch {
    enum Action: Equatable {
        /// Ask which transactions are open, and tell by ``HorizonWatch/found(_:at:)``.
        case ask
        /// Say whose the transaction is: nothing is delivered while it lasts.
        case tellStalled(UInt64)
        /// Say whose the transaction is: deliveries go on beside it.
        case tellPassed(UInt64)
        /// It lasts longer than any of ours may.
        case end(UInt64)
        /// Deliveries go on after they had stood still.
        case tellResumed(Duration)
    }

    /// How long a transaction may be in the way before the relay asks what it is.
    static let patience = Duration.milliseconds(10)
    /// When it asks again about one that is still in the way.
    static let askingAgain = Duration.milliseconds(100)
    /// How often those that are passed over are looked at again.
    static let review = Duration.milliseconds(500)
    /// After so long it is told whose a transaction is.
    static let telling = Duration.seconds(1)
    /// A transaction that is passed over is told of no more often.
    static let pauseBetweenPassed = Duration.seconds(60)

    /// How long a transaction of our own may be in the way.
    let limit: Duration
    /// Open transactions that write no events, oldest first.
    private(set) var passed: [UInt64] = []
    /// The oldest transaction in the way.
    private var hider: UInt64?
    private var hiddenSince = ContinuousClock.now
    private var nextAsking = ContinuousClock.now
    private var nextReview = ContinuousClock.now
    private var isToldStalled = false
    private var nextEnd = ContinuousClock.now
    private var firstSeen: [UInt64: ContinuousClock.Instant] = [:]
    private var toldPassed: Set<UInt64> = []
    private var nextToldPassed: ContinuousClock.Instant?

    init(limit: Duration) { self.limit = limit }

    /// How long the same transaction has held up deliveries; zero when none does for longer than a second.
    func stalled(at now: ContinuousClock.Instant) -> Duration {
        guard hider != nil, now - hiddenSince >= Self.telling else { return .zero }
        return now - hiddenSince
    }

    /// The relay has looked for events.
    ///
    /// - Parameter hider: The oldest transaction, beside those in ``passed``, that may hide some.
    mutating func looked(_ hider: UInt64?, at now: ContinuousClock.Instant) -> [Action] {
        var actions: [Action] = []
        if hider != self.hider {
            if isToldStalled { actions.append(.tellResumed(now - hiddenSince)) }
            self.hider = hider
            hiddenSince = now
            nextAsking = now + Self.patience
            isToldStalled = false
            nextEnd = now + limit
        }
        if let hider {
            if !isToldStalled, now - hiddenSince >= Self.telling {
                isToldStalled = true
                actions.append(.tellStalled(hider))
            }
            if now >= nextEnd {
                nextEnd = now + .seconds(5)
                actions.append(.end(hider))
            }
        }
        for xid in passed where !toldPassed.contains(xid) {
            guard let seen = firstSeen[xid], now - seen >= Self.telling else { continue }
            toldPassed.insert(xid)
            guard nextToldPassed.map({ now >= $0 }) ?? true else { continue }
            nextToldPassed = now + Self.pauseBetweenPassed
            actions.append(.tellPassed(xid))
        }
        if hider != nil && now >= nextAsking || !passed.isEmpty && now >= nextReview { actions.append(.ask) }
        return actions
    }

    /// - Returns: Whether another look will show more.
    mutating func found(_ transactions: [OpenTransaction], at now: ContinuousClock.Instant) -> Bool {
        nextAsking = now + Self.askingAgain
        nextReview = now + Self.review
        passed = transactions.filter { !$0.mayWriteEvents }.map(\.xid)
        let open = Set(transactions.map(\.xid))
        firstSeen = firstSeen.filter { open.contains($0.key) }
        for xid in open where firstSeen[xid] == nil { firstSeen[xid] = now }
        toldPassed.formIntersection(open)
        return hider.map { passed.contains($0) } ?? false
    }
}
