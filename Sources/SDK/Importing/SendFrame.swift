import ChatModel
import Telemetry

/// A `send` frame, written by hand: an import makes hundreds of thousands of them.
struct SendFrame {
    /// Everything behind the id, which is put before it when the frame is sent.
    let tail: String

    init(
        channel: ChannelID, author: UserID?, at: Int64, nonce: String, kind: Message.Kind, text: String
    ) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 192)
        bytes += "\",\"channel_id\":\(channel)".utf8
        if let author { bytes += ",\"as\":\(author)".utf8 }
        bytes += ",\"at\":\"".utf8
        bytes += Timestamp.format(milliseconds: at).utf8
        bytes += "\",\"nonce\":\"".utf8
        Self.append(nonce, to: &bytes)
        bytes += "\",\"kind\":\"".utf8
        bytes += kind.rawValue.utf8
        bytes += "\",\"text\":\"".utf8
        Self.append(text, to: &bytes)
        bytes += "\"}".utf8
        tail = String(decoding: bytes, as: UTF8.self)
    }

    func text(id: Int) -> String { "{\"op\":\"send\",\"id\":\"\(id)\(tail)" }

    /// Escapes as RFC 8259, section 7, asks for.
    private static func append(_ text: String, to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes += "\\u00".utf8
                bytes.append(hex(byte >> 4))
                bytes.append(hex(byte & 15))
            default: bytes.append(byte)
            }
        }
    }

    private static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }

    /// The mark of one line of one file in one channel, the same in every run.
    static func nonce(channel: String, file: String, line: Int) -> String {
        // FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in Array(channel.lowercased().utf8) + [0] + Array(file.utf8) {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        return "irc-\(String(repeating: "0", count: 16 - digits.count))\(digits)-\(line)"
    }

    /// The id and the outcome of a `sent` frame as the server writes it; nil for every other frame.
    static func acknowledgement(_ frame: String) -> (id: Int, isDuplicate: Bool)? {
        let bytes = frame.utf8
        guard bytes.starts(with: prefix) else { return nil }
        var id = 0
        var count = 0
        for byte in bytes.dropFirst(prefix.count) {
            if byte == UInt8(ascii: "\"") { break }
            guard (0x30...0x39).contains(byte), count < 18 else { return nil }
            id = id * 10 + Int(byte - 0x30)
            count += 1
        }
        return count == 0 ? nil : (id, frame.hasSuffix("\"duplicate\":true}"))
    }

    private static let prefix = Array(#"{"op":"sent","id":""#.utf8)
}
