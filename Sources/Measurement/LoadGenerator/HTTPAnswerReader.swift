/// Reads answers of HTTP/1.1 from a connection that stays open, by length or in chunks.
struct HTTPAnswerReader {
    private var input = PartialInput()

    /// Adds what came, and hands out every answer that is whole: its status and its body.
    ///
    /// - Throws: ``LoadError`` when it is no HTTP.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, _ body: (Int, UnsafeRawBufferPointer) -> Void
    ) throws(LoadError) {
        try input.add(bytes) { (all) throws(LoadError) in try Self.parse(all, body) }
    }

    private static func parse(
        _ bytes: UnsafeRawBufferPointer, _ body: (Int, UnsafeRawBufferPointer) -> Void
    ) throws(LoadError) -> Int {
        var start = 0
        while let answer = try one(UnsafeRawBufferPointer(rebasing: bytes[start...])) {
            if let whole = answer.chunks {
                whole.withUnsafeBytes { body(answer.status, $0) }
            } else {
                body(
                    answer.status, UnsafeRawBufferPointer(rebasing: bytes[(start + answer.head)..<(start + answer.end)])
                )
            }
            start += answer.end
        }
        return start
    }

    private struct Answer {
        var status: Int
        var head: Int
        var end: Int
        var chunks: [UInt8]?
    }

    /// - Returns: nil when the answer is not whole yet.
    private static func one(_ bytes: UnsafeRawBufferPointer) throws(LoadError) -> Answer? {
        guard let head = find("\r\n\r\n", in: bytes) else {
            guard bytes.count < 64 << 10 else { throw LoadError("an HTTP answer has no end of its head") }
            return nil
        }
        guard head > 12, bytes[0] == UInt8(ascii: "H"), let status = number(bytes[9..<12], base: 10) else {
            throw LoadError("an answer is no HTTP/1.1")
        }
        let fields = UnsafeRawBufferPointer(rebasing: bytes[..<(head + 2)])
        if let length = field("\r\ncontent-length:", in: fields) {
            guard let length = number(trimmed(length), base: 10), length <= PartialInput.maximumBytes else {
                throw LoadError("an HTTP answer has a bad Content-Length")
            }
            let end = head + 4 + length
            return end <= bytes.count ? Answer(status: status, head: head + 4, end: end) : nil
        }
        if field("\r\ntransfer-encoding:", in: fields) != nil {
            return try chunked(bytes, from: head + 4, status: status)
        }
        return Answer(status: status, head: head + 4, end: head + 4)
    }

    private static func chunked(
        _ bytes: UnsafeRawBufferPointer, from start: Int, status: Int
    ) throws(LoadError) -> Answer? {
        var whole: [UInt8] = []
        var position = start
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            guard let line = find("\r\n", in: rest) else { return nil }
            guard let size = number(rest[..<line].prefix { $0 != UInt8(ascii: ";") }, base: 16),
                size <= PartialInput.maximumBytes
            else { throw LoadError("an HTTP answer has a bad chunk") }
            guard rest.count >= line + 2 + size + 2 else { return nil }
            whole.append(contentsOf: rest[(line + 2)..<(line + 2 + size)])
            position += line + 2 + size + 2
            if size == 0 { return Answer(status: status, head: start, end: position, chunks: whole) }
        }
    }

    private static func find(_ pattern: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
        let count = pattern.utf8CodeUnitCount
        guard bytes.count >= count else { return nil }
        let first = pattern.utf8Start[0]
        var index = 0
        while index <= bytes.count - count {
            if bytes[index] == first {
                var length = 1
                while length < count, bytes[index + length] == pattern.utf8Start[length] { length += 1 }
                if length == count { return index }
            }
            index += 1
        }
        return nil
    }

    /// The value of a field, by its name in lower case between line break and colon.
    private static func field(_ name: StaticString, in head: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
        let count = name.utf8CodeUnitCount
        guard head.count >= count else { return nil }
        var index = 0
        while index <= head.count - count {
            var length = 0
            while length < count, lowercased(head[index + length]) == name.utf8Start[length] { length += 1 }
            if length == count {
                let value = head[(index + count)...]
                return value.prefix { $0 != 13 }
            }
            index += 1
        }
        return nil
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        bytes.drop { $0 == 32 || $0 == 9 }.prefix { $0 != 32 && $0 != 9 }
    }

    private static func number(_ bytes: some Collection<UInt8>, base: Int) -> Int? {
        guard !bytes.isEmpty, bytes.count < 16 else { return nil }
        var value = 0
        for byte in bytes {
            switch byte {
            case 48...57: value = value * base + Int(byte - 48)
            case 97...102 where base == 16: value = value * base + Int(byte - 87)
            case 65...70 where base == 16: value = value * base + Int(byte - 55)
            default: return nil
            }
        }
        return value
    }
}
