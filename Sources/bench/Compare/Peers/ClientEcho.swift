import LoadGenerator

/// A bot for peers that have none: a client that sends what it gets; used on its loop alone.
final class ClientEcho: Echo, @unchecked Sendable {
    private var senders: [any MessageSender] = []
    private var receivers: [any MessageReceiver] = []
    private var seen: Set<UInt64> = []

    func add(_ sender: any MessageSender, _ receiver: any MessageReceiver) {
        senders.append(sender)
        receivers.append(receiver)
    }

    /// Its own words come back too, and are not said a third time.
    func received(_ stamp: UInt64, _ channel: Int, _ sender: any MessageSender) {
        guard seen.insert(stamp).inserted else { return }
        sender.send(stamp, to: channel) { _ in }
    }

    func stop() async {
        for sender in senders { sender.close() }
        for receiver in receivers { receiver.close() }
    }
}
