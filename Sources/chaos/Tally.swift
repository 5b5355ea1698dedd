/// Counts findings of one kind, and keeps the first few.
struct Tally {
    static let kept = 5

    private(set) var count = 0
    private(set) var examples: [String] = []

    var isEmpty: Bool { count == 0 }

    mutating func add(_ text: @autoclosure () -> String) {
        count += 1
        if examples.count < Self.kept { examples.append(text()) }
    }

    mutating func add(_ other: Tally) {
        count += other.count
        examples += other.examples.prefix(Self.kept - examples.count)
    }
}
