/// How many events are read at once, so that a batch has about so many bytes whatever the size of an event.
///
/// Neither Redis nor PostgreSQL bounds an answer by bytes. What the last batch weighed tells how many to ask for next; it
/// grows slowly and shrinks at once.
struct BatchSize: Sendable {
    static let smallest = 8
    static let largest = 256
    /// Bytes that a batch should have.
    static let target = 4 << 20

    private(set) var count = 64

    /// Takes note of what a batch weighed; an empty one says nothing.
    mutating func record(count: Int, bytes: Int) {
        guard count > 0 else { return }
        let fitting = Self.target / max(1, bytes / count)
        self.count = min(max(fitting, Self.smallest), Self.largest, self.count * 2)
    }
}
