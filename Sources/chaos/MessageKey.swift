/// A message as its nonce names it: `w3-17` is the seventeenth of writer 3.
struct MessageKey: Hashable, CustomStringConvertible {
    let writer: Int
    let number: Int

    init(writer: Int, number: Int) {
        self.writer = writer
        self.number = number
    }

    init?(_ text: some StringProtocol) {
        guard text.first == "w", let dash = text.firstIndex(of: "-"),
            let writer = Int(text[text.index(after: text.startIndex)..<dash]),
            let number = Int(text[text.index(after: dash)...])
        else { return nil }
        self.init(writer: writer, number: number)
    }

    var description: String { "w\(writer)-\(number)" }
    /// What it says at first.
    var text: String { description }
    /// What it says after it was changed.
    var changedText: String { description + " changed" }
}

/// Where the server said that a message is.
struct Place: Hashable {
    var id: Int64
    var seq: Int64
    var channel: Int64
}
