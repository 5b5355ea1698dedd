/// A queue in which taking the first costs the same however many wait.
///
/// Inlinable, since each command to PostgreSQL and Redis goes through two of them.
package struct FIFOQueue<Element> {
    @usableFromInline var elements: [Element?] = []
    @usableFromInline var head = 0

    @inlinable package init() {}

    @inlinable package var count: Int { elements.count - head }
    @inlinable package var isEmpty: Bool { count == 0 }
    @inlinable package var first: Element? { isEmpty ? nil : elements[head] }

    @inlinable package mutating func append(_ element: Element) { elements.append(element) }

    @inlinable package mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[head]
        elements[head] = nil
        head += 1
        // Moving the rest once for every half that was taken keeps the cost of each constant.
        if head == elements.count {
            elements.removeAll(keepingCapacity: head <= 1024)
            head = 0
        } else if head > 64, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Empties it.
    ///
    /// - Returns: What waited, in its order.
    package mutating func removeAll() -> [Element] {
        defer { self = FIFOQueue() }
        return elements[head...].compactMap { $0 }
    }

    package mutating func removeAll(where isRemoved: (Element) -> Bool) {
        elements = elements[head...].filter { $0.map { !isRemoved($0) } ?? false }
        head = 0
    }

    package func forEach(_ body: (Element) -> Void) {
        for element in elements[head...] { if let element { body(element) } }
    }
}

extension FIFOQueue: Sendable where Element: Sendable {}
