/// The encoding of RFC 4648, section 4, with padding.
package enum Base64 {
    package static func encode(_ bytes: [UInt8]) -> String { Base64Codec.standard.encode(bytes) }

    /// Strict: exactly the text that ``encode(_:)`` writes; nil for anything else, white space included.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? { Base64Codec.standard.decode(text) }
}

/// The URL-safe encoding of RFC 4648, section 5, without padding, as in JSON Web Tokens.
package enum Base64URL {
    package static func encode(_ bytes: [UInt8]) -> String { Base64Codec.url.encode(bytes) }

    /// Strict: exactly the text that ``encode(_:)`` writes; nil for anything else, padding included.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? { Base64Codec.url.decode(text) }
}

private struct Base64Codec: Sendable {
    static let standard = Base64Codec(last: "+/", isPadded: true)
    static let url = Base64Codec(last: "-_", isPadded: false)

    private let alphabet: [UInt8]
    /// The value of each byte; 255 for those outside the alphabet.
    private let values: [UInt8]
    private let isPadded: Bool

    init(last: String, isPadded: Bool) {
        alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\(last)".utf8)
        var values = [UInt8](repeating: 255, count: 256)
        for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
        self.values = values
        self.isPadded = isPadded
    }

    func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let taken = min(3, bytes.count - index)
            var group = 0
            for offset in 0..<3 { group = group << 8 | (offset < taken ? Int(bytes[index + offset]) : 0) }
            for position in 0...taken { text.append(alphabet[group >> (18 - 6 * position) & 63]) }
            if isPadded { for _ in taken..<3 { text.append(UInt8(ascii: "=")) } }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    func decode(_ text: some StringProtocol) -> [UInt8]? {
        var characters = Array(text.utf8)
        if isPadded {
            guard characters.count.isMultiple(of: 4) else { return nil }
            for _ in 0..<2 where characters.last == UInt8(ascii: "=") { characters.removeLast() }
        }
        guard characters.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count * 3 / 4)
        var pending = 0
        var bits = 0
        for character in characters {
            let value = values[Int(character)]
            guard value != 255 else { return nil }
            pending = (pending << 6 | Int(value)) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(pending >> bits & 255))
            }
        }
        // Bits left over must be zero, or several texts would mean the same bytes.
        return pending & ((1 << bits) - 1) == 0 ? bytes : nil
    }
}
