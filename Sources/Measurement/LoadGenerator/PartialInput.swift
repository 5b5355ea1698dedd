/// What came over a connection and is not whole yet; nothing is copied unless a piece is cut in two.
struct PartialInput {
    /// The contents of a piece have so many bytes at most.
    static let maximumBytes = 16 << 20
    /// What may stand around the contents beside them.
    private static let maximumFraming = 64 << 10

    private var kept: [UInt8] = []

    /// Adds what came, and keeps what `parse` leaves of it.
    ///
    /// - Parameter parse: Returns how many bytes, from the first one on, are dealt with.
    /// - Throws: What `parse` throws, or ``LoadError`` when a piece is too long.
    mutating func add(
        _ bytes: UnsafeRawBufferPointer, _ parse: (UnsafeRawBufferPointer) throws(LoadError) -> Int
    ) throws(LoadError) {
        if kept.isEmpty {
            let taken = try parse(bytes)
            if taken < bytes.count { kept = Array(bytes[taken...]) }
            return
        }
        kept.append(contentsOf: bytes)
        let taken = try kept.withUnsafeBufferPointer { (all) throws(LoadError) in
            try parse(UnsafeRawBufferPointer(all))
        }
        if taken == kept.count { kept.removeAll(keepingCapacity: false) } else { kept.removeFirst(taken) }
        guard kept.count <= Self.maximumBytes + Self.maximumFraming else {
            throw LoadError("an answer or a frame is too long")
        }
    }
}
