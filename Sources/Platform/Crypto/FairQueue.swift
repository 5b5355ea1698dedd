/// A bounded queue in which lanes take turns: whoever asks for much waits behind itself, not before the others.
struct FairQueue<Element> {
    private let capacity: Int
    private var lanes: [UInt64: [Element]] = [:]
    /// Lanes that have something, in the order of their turns.
    private var turns: [UInt64] = []
    private(set) var count = 0

    init(capacity: Int) { self.capacity = capacity }

    /// Adds to the end of a lane.
    ///
    /// - Returns: What found no place: when the queue is full, the newest of the longest lane, which may be `element`.
    mutating func append(_ element: Element, to lane: UInt64) -> Element? {
        var refused: Element?
        if count >= capacity {
            let own = lanes[lane]?.count ?? 0
            guard let longest = lanes.max(by: { $0.value.count < $1.value.count }), longest.value.count > own + 1 else {
                return element
            }
            refused = lanes[longest.key]?.removeLast()
            count -= 1
        }
        if lanes[lane] == nil { turns.append(lane) }
        lanes[lane, default: []].append(element)
        count += 1
        return refused
    }

    /// Takes the oldest of the lane whose turn it is.
    mutating func next() -> Element? {
        guard let lane = turns.first, var waiting = lanes[lane] else { return nil }
        turns.removeFirst()
        let element = waiting.removeFirst()
        count -= 1
        if waiting.isEmpty {
            lanes[lane] = nil
        } else {
            lanes[lane] = waiting
            turns.append(lane)
        }
        return element
    }
}
