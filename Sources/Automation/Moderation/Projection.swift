/// A text made of another one, with the way back from each byte.
struct Projection {
    let step: ModerationStep
    private(set) var bytes: [UInt8]
    /// The first byte of the source of each byte; nil while the texts have the same offsets.
    private var starts: [Int32]?
    /// The end of the source of each byte.
    private var ends: [Int32]?

    /// The text itself.
    init(original text: String) {
        step = .original
        bytes = Array(text.utf8)
    }

    /// An empty text, to be filled.
    init(_ step: ModerationStep, capacity: Int = 0) {
        self.step = step
        bytes = []
        bytes.reserveCapacity(capacity)
        starts = []
        starts?.reserveCapacity(capacity)
        ends = []
        ends?.reserveCapacity(capacity)
    }

    /// A copy of the same offsets with other bytes in place of some.
    init(_ step: ModerationStep, of source: Projection, bytes: [UInt8]) {
        self.step = step
        self.bytes = bytes
        starts = source.starts
        ends = source.ends
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func append(_ new: some Sequence<UInt8>, from source: Range<Int>) {
        for byte in new {
            bytes.append(byte)
            starts?.append(Int32(source.lowerBound))
            ends?.append(Int32(source.upperBound))
        }
    }

    /// The part of the original that `range` was made of.
    func source(of range: Range<Int>) -> Range<Int> {
        guard let starts, let ends, !range.isEmpty else { return range }
        // Text that was turned around runs backwards.
        let lower = min(starts[range.lowerBound], starts[range.upperBound - 1])
        let upper = max(ends[range.lowerBound], ends[range.upperBound - 1])
        return Int(lower)..<Int(max(lower, upper))
    }

    /// Each scalar with its offset and length in bytes.
    var scalars: [(scalar: Unicode.Scalar, range: Range<Int>)] {
        var offset = 0
        return text.unicodeScalars.map { scalar in
            let length = UTF8.width(scalar)
            defer { offset += length }
            return (scalar, offset..<offset + length)
        }
    }
}
