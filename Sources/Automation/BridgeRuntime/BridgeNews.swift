import ChatModel

/// What there is to tell of one bridge whose target comes and goes, and how much of it may be told now.
///
/// Of a flapping target, and of dead letters by the thousand, not each is told: the last state always is, and every
/// dead letter is counted.
struct BridgeNews {
    struct DeadLetter: Equatable {
        let app: AppID
        let cursor: Cursor
        let type: EventType
        let attempts: Int
        let error: String
        let hops: Int
    }

    enum Item: Equatable {
        case targetDown(reason: String)
        case targetBack
        case deadLetters(count: Int, last: DeadLetter)
    }

    /// Lets some pass at once, and then one in a while.
    private struct Allowance {
        static let burst = 6
        static let interval = Duration.seconds(30)
        private var left = burst
        private var refilled: ContinuousClock.Instant?

        mutating func take(at now: ContinuousClock.Instant) -> Bool {
            let since = refilled ?? now
            let gained = Int((now - since) / Self.interval)
            left = min(Self.burst, left + gained)
            refilled = left == Self.burst ? now : since + Self.interval * gained
            guard left > 0 else { return false }
            left -= 1
            return true
        }
    }

    private var isDown = false
    private var isToldDown = false
    private var reason = ""
    private var changes = Allowance()
    private var deadLetters: (count: Int, last: DeadLetter)?
    private var letters = Allowance()

    mutating func target(isDown: Bool, reason: String) {
        self.isDown = isDown
        self.reason = reason
    }

    mutating func add(_ letter: DeadLetter) { deadLetters = ((deadLetters?.count ?? 0) + 1, letter) }

    /// What is to be told now; what is not, waits for a later call.
    mutating func due(at now: ContinuousClock.Instant) -> [Item] {
        var items: [Item] = []
        if isDown != isToldDown, changes.take(at: now) {
            isToldDown = isDown
            items.append(isDown ? .targetDown(reason: reason) : .targetBack)
        }
        if let (count, last) = deadLetters, letters.take(at: now) {
            deadLetters = nil
            items.append(.deadLetters(count: count, last: last))
        }
        return items
    }
}
