/// What a proxy says before a connection's own bytes about who is behind it: the PROXY protocol, versions 1 and 2.
///
/// See the protocol's document, "The PROXY protocol", of HAProxy.
package struct ProxyHeader: Sendable, Equatable {
    package enum Reading: Sendable, Equatable {
        /// What has come may be the beginning of one, all of it.
        case needsMore
        case header(ProxyHeader)
        case invalid
    }

    /// How many bytes it takes.
    package let count: Int
    /// The client's address; nil when the proxy speaks for itself, or does not know.
    package let source: IPAddress?

    /// Beyond the longest that version 1 can be.
    private static let longestLine = 107
    /// Addresses take 216 bytes at most; what follows them, certificates' names and the like, is passed over.
    private static let longestBlock = 4096
    private static let signature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]
    private static let word = Array("PROXY ".utf8)

    /// Reads the beginning of a connection.
    package static func read(_ bytes: [UInt8]) -> Reading {
        if bytes.starts(with: word.prefix(bytes.count)) { return readLine(bytes) }
        if bytes.starts(with: signature.prefix(bytes.count)) { return readBlock(bytes) }
        return .invalid
    }

    // MARK: Version 1

    private static func readLine(_ bytes: [UInt8]) -> Reading {
        guard let feed = bytes.prefix(longestLine).firstIndex(of: 0x0A) else {
            return bytes.count < longestLine ? .needsMore : .invalid
        }
        guard feed > word.count, bytes[feed - 1] == 0x0D,
            bytes[..<(feed - 1)].allSatisfy({ (0x20...0x7E).contains($0) })
        else { return .invalid }
        let words = String(decoding: bytes[..<(feed - 1)], as: UTF8.self)
            .split(separator: " ", omittingEmptySubsequences: false)
        // What follows UNKNOWN has to be ignored.
        if words[1] == "UNKNOWN" { return .header(ProxyHeader(count: feed + 1, source: nil)) }
        guard words.count == 6, let source = IPAddress(String(words[2])), let target = IPAddress(String(words[3])),
            source.family == target.family, isPort(words[4]), isPort(words[5]),
            words[1] == (source.family == .v4 ? "TCP4" : "TCP6")
        else { return .invalid }
        return .header(ProxyHeader(count: feed + 1, source: source))
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard let number = UInt16(text), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return text == "\(number)"
    }

    // MARK: Version 2

    private static func readBlock(_ bytes: [UInt8]) -> Reading {
        guard bytes.count >= 16 else {
            if bytes.count > 12, bytes[12] >> 4 != 2 { return .invalid }
            return .needsMore
        }
        let length = Int(bytes[14]) << 8 | Int(bytes[15])
        guard bytes[12] >> 4 == 2, length <= longestBlock else { return .invalid }
        let count = 16 + length
        let isLocal: Bool
        switch bytes[12] & 0xF {
        case 0: isLocal = true
        case 1: isLocal = false
        default: return .invalid
        }
        let addressCount: Int
        switch bytes[13] {
        case 0x11: addressCount = 12
        case 0x21: addressCount = 36
        // A stream over Unix sockets, or what the proxy could not tell.
        case 0x31: addressCount = 216
        case 0x00: addressCount = 0
        default:
            // Datagrams cannot be what stands behind a stream; what a health check says of itself does not matter.
            guard isLocal else { return .invalid }
            addressCount = 0
        }
        guard isLocal || length >= addressCount else { return .invalid }
        guard bytes.count >= count else { return .needsMore }
        guard !isLocal, bytes[13] == 0x11 || bytes[13] == 0x21 else {
            return .header(ProxyHeader(count: count, source: nil))
        }
        let source = bytes[13] == 0x11 ? IPAddress(bytes: bytes[16..<20]) : IPAddress(bytes: bytes[16..<32])
        return .header(ProxyHeader(count: count, source: source))
    }
}
