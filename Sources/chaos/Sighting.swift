import ChatModel

/// What one event tells of a message.
struct Sighting: Hashable {
    enum Kind: UInt8 {
        case created, updated, deleted, reacted
    }

    var kind: Kind
    var place: Place
    /// As the nonce says; nil for a reaction, and for a message that nobody of the run has sent.
    var key: MessageKey?
    /// Whether the text is the one that the message has to have then.
    var isGenuine = true
}

/// An event of the log.
struct LoggedEvent {
    var cursor: Cursor
    var sighting: Sighting
}

/// A message as a page of its channel shows it.
struct StoredMessage {
    var place: Place
    var key: MessageKey?
    var text: String
    var isDeleted = false
    var reactions = 0
}
