#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The time of its sending within a message's text, found again without reading the frame around it.
package enum Marker {
    private static let sign: StaticString = "~t~"
    private static let digits = 16
    /// The length of every text.
    package static let textLength = 100
    private static let filling = Array(
        " the quick brown fox jumps over the lazy dog, and then it sits down to have a long rest in the shade".utf8)

    /// A message's text: a mark, the time in hexadecimal, words.
    package static func text(_ stamp: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(textLength)
        appendText(stamp, to: &bytes)
        return bytes
    }

    package static func appendText(_ stamp: UInt64, to bytes: inout [UInt8]) {
        sign.withUTF8Buffer { bytes.append(contentsOf: $0) }
        appendHexadecimal(stamp, to: &bytes)
        bytes.append(contentsOf: filling.prefix(textLength - sign.utf8CodeUnitCount - digits))
    }

    package static func appendHexadecimal(_ number: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: number >> shift & 15)
            bytes.append(digit < 10 ? 48 + digit : 87 + digit)
        }
    }

    /// - Returns: The time in the first text within `bytes`; nil when there is none.
    package static func find(in bytes: UnsafeRawBufferPointer) -> UInt64? {
        var found: UInt64?
        sign.withUTF8Buffer { found = first($0, bytes)?.number }
        return found
    }

    /// Every time in the texts within `bytes`, in their order.
    package static func forEach(in bytes: UnsafeRawBufferPointer, _ body: (UInt64) -> Void) {
        var rest = bytes
        while let found = sign.withUTF8Buffer({ first($0, rest) }) {
            body(found.number)
            rest = UnsafeRawBufferPointer(rebasing: rest[found.end...])
        }
    }

    /// The number in sixteen hexadecimal digits that follows a prefix, which begins with `~`.
    package static func number(after prefix: [UInt8], in bytes: UnsafeRawBufferPointer) -> UInt64? {
        prefix.withUnsafeBufferPointer { first($0, bytes)?.number }
    }

    private static func first(
        _ prefix: UnsafeBufferPointer<UInt8>, _ bytes: UnsafeRawBufferPointer
    ) -> (number: UInt64, end: Int)? {
        guard let base = bytes.baseAddress, let wanted = prefix.baseAddress else { return nil }
        var position = base
        let end = base + bytes.count
        // Peers use that character for nothing else, so that one pass finds it.
        while position < end, let found = memchr(position, Int32(UInt8(ascii: "~")), end - position) {
            let start = UnsafeRawPointer(found)
            if end - start >= prefix.count + digits, memcmp(start, wanted, prefix.count) == 0,
                let number = hexadecimal(start + prefix.count)
            {
                return (number, start + prefix.count + digits - base)
            }
            position = start + 1
        }
        return nil
    }

    private static func hexadecimal(_ start: UnsafeRawPointer) -> UInt64? {
        var value: UInt64 = 0
        for byte in UnsafeRawBufferPointer(start: start, count: digits) {
            switch byte {
            case 48...57: value = value << 4 | UInt64(byte - 48)
            case 97...102: value = value << 4 | UInt64(byte - 87)
            default: return nil
            }
        }
        return value
    }
}
