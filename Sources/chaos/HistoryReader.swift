import ChatModel
import MartletClient

/// A person who reads the pages of all channels, each from the last message on that was there before.
final class HistoryReader: Sendable {
    let journal = Journal("pages", repeats: .always)
    private let person: Person
    private let base: [Int64: Int64]

    /// - Parameter base: The last number of each channel before the first message of the run.
    init(_ person: Person, after base: [Int64: Int64]) {
        self.person = person
        self.base = base
    }

    func run() async {
        var last = base
        var number = 0
        while !Task.isCancelled {
            for (channel, after) in last {
                number += 1
                let page: [Message]
                do {
                    page = try await person.client(number).messages(in: ChannelID(channel), after: after, limit: 200)
                } catch {
                    if (error as? MartletClientError)?.status == 401 { person.client(number).forgetTokens() }
                    try? await Task.sleep(for: .milliseconds(300))
                    continue
                }
                for message in page {
                    let event = Self.event(StoredMessage(message))
                    journal.saw(event.sighting, at: event.cursor)
                    last[channel] = message.seq
                }
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    /// A stored message as this reader sees it: its number is its cursor, and what it says is for others to check.
    static func event(_ message: StoredMessage) -> LoggedEvent {
        LoggedEvent(
            cursor: Cursor(transaction: UInt64(message.place.channel), row: UInt64(message.place.seq)),
            sighting: Sighting(kind: .created, place: message.place, key: message.key))
    }
}

extension StoredMessage {
    init(_ message: Message) {
        self.init(
            place: Place(id: message.id.rawValue, seq: message.seq, channel: message.channelID.rawValue),
            key: message.nonce.flatMap { MessageKey($0) }, text: message.text, isDeleted: message.deletedAt != nil,
            reactions: message.reactions.reduce(0) { $0 + $1.count })
    }
}
