/// A text as it can be read, with the way back from each byte to the text that was sent.
///
/// Belongs to one judgement. Its memory is its own: texts are read some twenty times, a byte at a time.
final class Reading {
    let step: ModerationStep
    /// Whether bytes come in another order than they were sent.
    private(set) var isTurned = false
    private(set) var count = 0
    private var capacity: Int
    private var content: UnsafeMutablePointer<UInt8>
    /// Where in the sent text each byte comes from, and where that ends; nil while both have the same offsets.
    private var starts: UnsafeMutablePointer<Int32>?
    private var ends: UnsafeMutablePointer<Int32>?

    /// The text as it was sent.
    init(original text: String) {
        step = .original
        var text = text
        capacity = max(1, text.utf8.count)
        content = .allocate(capacity: capacity)
        count = text.withUTF8 { utf8 in
            if let base = utf8.baseAddress { content.initialize(from: base, count: utf8.count) }
            return utf8.count
        }
    }

    init(_ step: ModerationStep, capacity: Int, isTurned: Bool = false) {
        self.step = step
        self.isTurned = isTurned
        self.capacity = max(16, capacity)
        content = .allocate(capacity: self.capacity)
        starts = .allocate(capacity: self.capacity)
        ends = .allocate(capacity: self.capacity)
    }

    /// The same places and bytes, to be changed by ``replace(_:_:)``.
    init(_ step: ModerationStep, of source: Reading) {
        self.step = step
        isTurned = source.isTurned
        count = source.count
        capacity = max(1, source.count)
        content = .allocate(capacity: capacity)
        content.initialize(from: source.content, count: count)
        if let from = source.starts {
            let places = UnsafeMutablePointer<Int32>.allocate(capacity: capacity)
            places.initialize(from: from, count: count)
            starts = places
        }
        if let from = source.ends {
            let places = UnsafeMutablePointer<Int32>.allocate(capacity: capacity)
            places.initialize(from: from, count: count)
            ends = places
        }
    }

    deinit {
        content.deallocate()
        starts?.deallocate()
        ends?.deallocate()
    }

    var isEmpty: Bool { count == 0 }

    /// Valid for as long as the reading, and until something is appended.
    @inline(__always)
    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: content, count: count) }

    @inline(__always)
    func append(_ byte: UInt8, _ start: Int32, _ end: Int32) {
        if count == capacity { grow() }
        content[count] = byte
        starts?[count] = start
        ends?[count] = end
        count += 1
    }

    @inline(__always)
    func append(_ new: UnsafeBufferPointer<UInt8>, _ start: Int32, _ end: Int32) {
        for byte in new { append(byte, start, end) }
    }

    func append(_ scalar: Unicode.Scalar, _ start: Int32, _ end: Int32) {
        for byte in UTF8.encode(scalar) ?? .init() { append(byte, start, end) }
    }

    /// Takes over bytes of another reading with their places.
    @inline(__always)
    func append(from source: Reading, _ range: Range<Int>) {
        for index in range { append(source.content[index], source.start(index), source.end(index)) }
        if source.isTurned { isTurned = true }
    }

    func replace(_ index: Int, _ byte: UInt8) { content[index] = byte }

    /// Says that what was written last also stands for what came up to `end`.
    func extendLast(to end: Int32) {
        guard count > 0, let ends else { return }
        ends[count - 1] = max(ends[count - 1], end)
    }

    /// Takes back the last bytes; answers where the first of them began.
    func removeLast(_ number: Int) -> Int32 {
        count -= number
        return start(count)
    }

    private func grow() {
        let larger = capacity * 2
        let new = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        new.initialize(from: content, count: count)
        content.deallocate()
        content = new
        starts = Self.grown(starts, count, larger)
        ends = Self.grown(ends, count, larger)
        capacity = larger
    }

    private static func grown(
        _ old: UnsafeMutablePointer<Int32>?, _ count: Int, _ capacity: Int
    ) -> UnsafeMutablePointer<Int32>? {
        guard let old else { return nil }
        let new = UnsafeMutablePointer<Int32>.allocate(capacity: capacity)
        new.initialize(from: old, count: count)
        old.deallocate()
        return new
    }

    @inline(__always)
    func start(_ index: Int) -> Int32 { starts.map { $0[index] } ?? Int32(index) }

    @inline(__always)
    func end(_ index: Int) -> Int32 { ends.map { $0[index] } ?? Int32(index + 1) }

    /// The part of the sent text that `range` was made of.
    func source(of range: Range<Int>) -> Range<Int> {
        guard starts != nil, !range.isEmpty else { return range }
        var lower = start(range.lowerBound)
        var upper = end(range.upperBound - 1)
        if isTurned {
            // Some of it may have been turned around and some not.
            for index in range {
                lower = min(lower, start(index))
                upper = max(upper, end(index))
            }
        }
        return Int(lower)..<Int(max(lower, upper))
    }

    /// The character at a byte, and how many bytes it has; 1 for what is none.
    @inline(__always)
    static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> (value: UInt32, length: Int) {
        let lead = bytes[index]
        if lead < 0x80 { return (UInt32(lead), 1) }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard lead >= 0xC2, index + length <= bytes.count else { return (0xFFFD, 1) }
        var value = UInt32(lead) & (0xFF >> UInt32(length + 1))
        for offset in 1..<length { value = value << 6 | UInt32(bytes[index + offset] & 0x3F) }
        return (value <= 0x10FFFF ? value : 0xFFFD, length)
    }
}
