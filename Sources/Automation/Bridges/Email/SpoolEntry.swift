import Crypto
import Foundation

/// Where a mail lies in the spool.
struct SpoolEntry: Sendable, Hashable, CustomStringConvertible {
    let file: String
    /// Its bytes in a file that it shares; nil when the file is its own.
    var place: Range<Int>?

    var description: String { place.map { "\(file):\($0.lowerBound)" } ?? file }
}

/// A mail in a file that it shares: a line with the envelope, the size and a checksum, and the mail itself.
enum SpoolRecord {
    private struct Size: Decodable {
        var bytes: Int
        var sum: String
    }

    private static let longestHead = 1 << 20

    static func write(_ envelope: MailSpool.Envelope, _ mail: [UInt8]) -> [UInt8] {
        var head = "{\"recipients\":["
        for (index, recipient) in envelope.recipients.enumerated() {
            if index > 0 { head += "," }
            append(recipient, to: &head)
        }
        head += "],"
        if let sender = envelope.sender {
            head += "\"sender\":"
            append(sender, to: &head)
            head += ","
        }
        head += "\"bytes\":\(mail.count),\"sum\":\"\(sum(mail[...]))\"}\n"
        return Array(head.utf8) + mail
    }

    /// How many bytes the record takes that begins here; nil when it is not whole.
    static func count(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let end = bytes.prefix(longestHead).firstIndex(of: 0x0A),
            let size = try? JSONDecoder().decode(Size.self, from: Data(bytes[..<end])),
            size.bytes >= 0, size.bytes <= bytes.endIndex - end - 1,
            sum(bytes[(end + 1)..<(end + 1 + size.bytes)]) == size.sum
        else { return nil }
        return end + 1 - bytes.startIndex + size.bytes
    }

    private static func sum(_ mail: ArraySlice<UInt8>) -> String {
        String(Hex.encode(Digest.sha256(Array(mail))).prefix(16))
    }

    private static func append(_ text: String, to json: inout String) {
        json += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                json += "\\"
                json.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: json.unicodeScalars.append(scalar)
            }
        }
        json += "\""
    }
}
