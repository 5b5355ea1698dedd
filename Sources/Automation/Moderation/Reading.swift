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
    /// Nil while sent text and reading have the same offsets.
    private var places: UnsafeMutablePointer<Place>?

    /// Where in the sent text a byte comes from, and where that ends.
    private struct Place {
        var start: Int32
        var end: Int32
    }

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
        places = .allocate(capacity: self.capacity)
    }

    /// The same places and bytes, to be changed by ``replace(_:_:)``.
    init(_ step: ModerationStep, of source: Reading) {
        self.step = step
        isTurned = source.isTurned
        count = source.count
        capacity = max(1, source.count)
        content = .allocate(capacity: capacity)
        content.initialize(from: source.content, count: count)
        if let from = source.places {
            let places = UnsafeMutablePointer<Place>.allocate(capacity: capacity)
            places.initialize(from: from, count: count)
            self.places = places
        }
    }

    deinit {
        content.deallocate()
        places?.deallocate()
    }

    var isEmpty: Bool { count == 0 }

    /// Valid for as long as the reading, and until something is appended.
    @inline(__always)
    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: content, count: count) }

    @inline(__always)
    func append(_ byte: UInt8, _ start: Int32, _ end: Int32) {
        if count == capacity { grow() }
        content[count] = byte
        places?[count] = Place(start: start, end: end)
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
    func append(from source: Reading, _ range: Range<Int>) {
        guard let places else { return }
        while capacity - count < range.count { grow() }
        (content + count).initialize(from: source.content + range.lowerBound, count: range.count)
        let target = (self.places ?? places) + count
        if let from = source.places {
            target.initialize(from: from + range.lowerBound, count: range.count)
        } else {
            for offset in 0..<range.count {
                let place = Int32(range.lowerBound + offset)
                target[offset] = Place(start: place, end: place + 1)
            }
        }
        count += range.count
        if source.isTurned { isTurned = true }
    }

    func replace(_ index: Int, _ byte: UInt8) { content[index] = byte }

    /// Says that what was written last also stands for what came up to `end`.
    func extendLast(to end: Int32) {
        guard count > 0, let places else { return }
        places[count - 1].end = max(places[count - 1].end, end)
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
        if let old = places {
            let new = UnsafeMutablePointer<Place>.allocate(capacity: larger)
            new.initialize(from: old, count: count)
            old.deallocate()
            places = new
        }
        capacity = larger
    }

    @inline(__always)
    func start(_ index: Int) -> Int32 { places.map { $0[index].start } ?? Int32(index) }

    @inline(__always)
    func end(_ index: Int) -> Int32 { places.map { $0[index].end } ?? Int32(index + 1) }

    /// The part of the sent text that `range` was made of.
    func source(of range: Range<Int>) -> Range<Int> {
        guard places != nil, !range.isEmpty else { return range }
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
