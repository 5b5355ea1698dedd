import MIME
import Synchronization

/// The mails that lie in the spool, in the order in which they came.
///
/// Several are posted side by side; one that names another as the mail it answers waits until that is posted.
final class MailQueue: Sendable {
    /// One mail of the spool.
    struct Item: Sendable {
        let entry: SpoolEntry
        var recipients: [String] = []
        var sender: String?
        /// As it was read when it came; nil when it has to be read again.
        var mail: MailMessage?
        /// Why it can never be posted for some of the recipients.
        var refusals: [String] = []
        /// How often some of the recipients were tried in vain; these alone are left then.
        var tries = 0

        init(_ entry: SpoolEntry, recipients: [String] = [], sender: String? = nil, mail: MailMessage? = nil) {
            self.entry = entry
            self.recipients = recipients
            self.sender = sender
            self.mail = mail
        }

        /// About what it takes in memory.
        fileprivate var bytes: Int {
            (mail?.text?.utf8.count ?? 0) + (mail?.html?.utf8.count ?? 0) + (mail == nil ? 0 : 8192)
        }
    }

    private struct State {
        var items: [Item] = []
        var next = 0
        var heldBytes = 0
        var waiters: [CheckedContinuation<Item?, Never>] = []
        /// By identifier: who waits until that mail is posted.
        var posting: [String: [CheckedContinuation<Void, Never>]] = [:]
        var isClosed = false
    }

    /// Of mails that were read already; further ones are read again when their turn comes.
    private static let maximumHeldBytes = 32 << 20

    private let state = Mutex(State())

    func append(_ item: Item) {
        let waiter: CheckedContinuation<Item?, Never>? = state.withLock { state in
            guard !state.isClosed else { return nil }
            if let waiter = state.waiters.popLast() { return waiter }
            var item = item
            if state.heldBytes + item.bytes > Self.maximumHeldBytes { item.mail = nil }
            state.heldBytes += item.bytes
            state.items.append(item)
            return nil
        }
        waiter?.resume(returning: item)
    }

    /// Appends a mail when some time has passed; the spool keeps it, if the queue is closed by then.
    func append(_ item: Item, after delay: Duration) {
        var item = item
        item.mail = nil
        // Ends when the time is over, at most a minute.
        Task { [weak self, item] in
            try? await Task.sleep(for: delay)
            self?.append(item)
        }
    }

    /// The next mail; nil when the queue is closed.
    func next() async -> Item? {
        await withCheckedContinuation { continuation in
            let item: Item?? = state.withLock { state in
                if state.isClosed { return .some(nil) }
                guard state.next < state.items.count else {
                    state.waiters.append(continuation)
                    return nil
                }
                let item = state.items[state.next]
                state.items[state.next].mail = nil
                state.heldBytes -= item.bytes
                state.next += 1
                if state.next > 1000 || state.next == state.items.count {
                    state.items.removeFirst(state.next)
                    state.next = 0
                }
                return item
            }
            if let item { continuation.resume(returning: item) }
        }
    }

    func close() {
        let (waiters, others) = state.withLock { state in
            state.isClosed = true
            defer {
                state.waiters = []
                state.posting = [:]
            }
            return (state.waiters, state.posting.values.flatMap { $0 })
        }
        for waiter in waiters { waiter.resume(returning: nil) }
        for waiter in others { waiter.resume() }
    }

    // MARK: Order

    /// Says that a mail is being posted, and waits for those that it names.
    ///
    /// - Returns: Whether the mail is the one with its identifier; only then ``end(_:)`` is called.
    func begin(_ mail: MailMessage) async -> Bool {
        let own = mail.messageID ?? ""
        let (isFirst, named) = state.withLock { state in
            // Its own too: a mailing list sends what came directly once more.
            let named = Set(mail.inReplyTo + mail.references + [own]).filter { state.posting[$0] != nil }
            guard !own.isEmpty, !state.isClosed, state.posting[own] == nil else { return (false, named) }
            state.posting[own] = []
            return (true, named)
        }
        for identifier in named {
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLock { state in
                    guard state.posting[identifier] != nil else { return false }
                    state.posting[identifier]?.append(continuation)
                    return true
                }
                if !isWaiting { continuation.resume() }
            }
        }
        return isFirst
    }

    func end(_ mail: MailMessage) {
        let waiters = state.withLock { $0.posting.removeValue(forKey: mail.messageID ?? "") } ?? []
        for waiter in waiters { waiter.resume() }
    }
}
