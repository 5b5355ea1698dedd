import MartletClient

/// What was sent and not yet acknowledged, in order; no I/O, no clock.
///
/// After a lost connection everything here is sent again, in its order and with its nonces, so that nothing is lost and
/// nothing doubled. What the server had no room for is sent again once all the rest has been answered.
struct SendWindow {
    struct Item: Sendable {
        let frame: SendFrame
        /// Where the line stands: for reports.
        let file: String
        let line: Int
        let kind: Int
        var wasResent = false
    }

    /// What an answer meant.
    enum Outcome: Equatable {
        case stored
        /// It had been stored before this run.
        case duplicate
        /// To be sent again later.
        case postponed
        case refused(file: String, line: Int, reason: String)
        /// An answer to nothing that waits: the second one after a resend.
        case unknown
    }

    private enum Entry {
        case waiting(Item)
        case postponed(Item)
        case done
    }

    static let maximumCount = 1000
    static let maximumBytes = 512 << 10

    private var entries: [Entry] = []
    private var head = 0
    /// The id of `entries[head]`.
    private var firstID = 1
    private(set) var waiting = 0
    private(set) var postponed = 0
    private var bytes = 0

    /// Sent or to be sent, and not yet answered for good.
    var count: Int { waiting + postponed }
    var isEmpty: Bool { count == 0 }

    /// Whether another frame may go; a frame that alone is too large may go alone.
    var hasRoom: Bool { isEmpty || (count < Self.maximumCount && bytes < Self.maximumBytes && postponed == 0) }

    /// Takes a frame.
    ///
    /// - Returns: What is to be sent.
    mutating func add(_ item: Item) -> String {
        let id = firstID + entries.count - head
        entries.append(.waiting(item))
        waiting += 1
        bytes += item.frame.tail.utf8.count
        return item.frame.text(id: id)
    }

    /// - Returns: What the answer meant, and the item that it was about.
    mutating func acknowledged(_ id: Int, isDuplicate: Bool) -> (outcome: Outcome, item: Item?) {
        guard let item = take(id) else { return (.unknown, nil) }
        // A duplicate of our own resend was stored by us, only its first answer was lost.
        return (isDuplicate && !item.wasResent ? .duplicate : .stored, item)
    }

    mutating func failed(_ id: Int, _ error: MartletClientError) -> (outcome: Outcome, item: Item?) {
        guard !error.isRetriable, error.code != "rate_limited", error.code != "overloaded" else {
            let index = head + id - firstID
            guard index >= head, index < entries.count, case .waiting(let item) = entries[index] else {
                return (.unknown, nil)
            }
            entries[index] = .postponed(item)
            waiting -= 1
            postponed += 1
            return (.postponed, item)
        }
        guard let item = take(id) else { return (.unknown, nil) }
        return (.refused(file: item.file, line: item.line, reason: "\(error.code): \(error.detail)"), item)
    }

    /// All that is not answered, in order, to be sent on a new connection.
    mutating func resend() -> [String] {
        renew { entry in
            switch entry {
            case .waiting(var item), .postponed(var item):
                item.wasResent = true
                return item
            case .done: return nil
            }
        }
    }

    /// What the server had no room for, in order; to be called when nothing else waits.
    mutating func retry() -> [String] {
        precondition(waiting == 0, "what was postponed goes after all that waits")
        return renew { entry in
            if case .postponed(let item) = entry { item } else { nil }
        }
    }

    private mutating func renew(_ item: (Entry) -> Item?) -> [String] {
        var frames: [String] = []
        for index in head..<entries.count {
            guard let item = item(entries[index]) else { continue }
            entries[index] = .waiting(item)
            frames.append(item.frame.text(id: firstID + index - head))
        }
        waiting = frames.count
        postponed = 0
        return frames
    }

    private mutating func take(_ id: Int) -> Item? {
        let index = head + id - firstID
        guard index >= head, index < entries.count else { return nil }
        let item: Item
        switch entries[index] {
        case .waiting(let waited):
            item = waited
            waiting -= 1
        case .postponed(let waited):
            item = waited
            postponed -= 1
        case .done: return nil
        }
        entries[index] = .done
        bytes -= item.frame.tail.utf8.count
        while head < entries.count, case .done = entries[head] {
            head += 1
            firstID += 1
        }
        if head >= 4096 || head == entries.count {
            entries.removeFirst(head)
            head = 0
        }
        return item
    }
}
