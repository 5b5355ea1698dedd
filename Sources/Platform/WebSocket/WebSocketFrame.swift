package import EventLoop

/// Encodes whole, unfragmented frames (RFC 6455, section 5.2).
package enum WebSocketFrame {
    enum Opcode: UInt8 {
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    /// A server's text frame that can be sent to any number of clients; `bytes` must be valid UTF-8.
    package static func text(_ bytes: [UInt8]) -> SharedBytes { SharedBytes(encode(.text, bytes)) }

    package static func text(_ text: String) -> SharedBytes { Self.text(Array(text.utf8)) }

    package static func binary(_ bytes: [UInt8]) -> SharedBytes { SharedBytes(encode(.binary, bytes)) }

    /// - Parameter mask: A client's four random bytes; nil for a server.
    static func encode(_ opcode: Opcode, _ payload: some Collection<UInt8>, mask: UInt32? = nil) -> [UInt8] {
        let count = payload.count
        var frame: [UInt8] = []
        frame.reserveCapacity(count + 14)
        frame.append(0x80 | opcode.rawValue)
        let flag: UInt8 = mask == nil ? 0 : 0x80
        if count < 126 {
            frame.append(flag | UInt8(count))
        } else if count <= 0xFFFF {
            frame.append(flag | 126)
            frame.append(UInt8(count >> 8))
            frame.append(UInt8(count & 0xFF))
        } else {
            frame.append(flag | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                frame.append(UInt8(truncatingIfNeeded: UInt64(count) >> shift))
            }
        }
        guard let mask else {
            frame.append(contentsOf: payload)
            return frame
        }
        for shift in stride(from: 24, through: 0, by: -8) { frame.append(UInt8(truncatingIfNeeded: mask >> shift)) }
        let start = frame.count
        frame.append(contentsOf: payload)
        frame.withUnsafeMutableBufferPointer { frame in
            for index in 0..<count {
                frame[start + index] ^= UInt8(truncatingIfNeeded: mask >> (24 - 8 * UInt32(index & 3)))
            }
        }
        return frame
    }

    /// The payload of a close frame, its reason cut to what a control frame holds.
    static func closePayload(code: UInt16, reason: String) -> [UInt8] {
        var cut = reason
        while cut.utf8.count > 123 { cut.removeLast() }
        return [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(cut.utf8)
    }
}
