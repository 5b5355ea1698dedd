/// Refuses mails that would cost GMime more than their size.
///
/// GMime compares every line with every open boundary, makes an object of every part, reads a list of addresses to its
/// end at every comma, and calls itself for every address group inside another, which ends the process for want of
/// stack. Here every byte is looked at once.
struct MailInspector {
    private static let maximumColonsInAddresses = 1000
    /// Bytes that are read again because of commas, in all lists: about a second, or 2,000 addresses in one list.
    private static let maximumAddressWork = 200_000_000
    private static let maximumDashedLines = 100_000
    private static let addressHeaders: Set<String> = [
        "from", "to", "cc", "bcc", "sender", "reply-to", "resent-from", "resent-to", "resent-cc", "resent-bcc",
        "resent-sender", "resent-reply-to", "disposition-notification-to",
    ]

    private let limits: MailLimits
    private var isHead = true
    private var isAddressHeader = false
    private var colonCount = 0
    private var commaCount = 0
    private var addressWork = 0
    private var dashedCount = 0
    private var boundaryCount = 0

    init(limits: MailLimits) { self.limits = limits }

    mutating func inspect(_ bytes: [UInt8]) throws(MailError) {
        guard !bytes.isEmpty else { throw MailError(.empty, "the mail is empty") }
        guard bytes.count <= limits.maximumBytes else {
            throw MailError(.tooLarge, "the mail is longer than \(limits.maximumBytes) bytes")
        }
        if let error = bytes.withUnsafeBufferPointer({ inspect($0) }) { throw error }
    }

    private mutating func inspect(_ bytes: UnsafeBufferPointer<UInt8>) -> MailError? {
        let word = Array("boundary".utf8)
        var matched = 0
        var index = 0
        var isLineStart = true
        while index < bytes.count {
            if isLineStart {
                if isHead, index > limits.maximumHeadBytes { break }
                beginLine(UnsafeBufferPointer(rebasing: bytes[index..<min(bytes.count, index + 40)]))
            }
            let byte = bytes[index]
            isLineStart = byte == 0x0A
            if isAddressHeader {
                addressWork += commaCount
                if byte == 0x3A { colonCount += 1 } else if byte == 0x2C { commaCount += 1 }
                if colonCount > Self.maximumColonsInAddresses || addressWork > Self.maximumAddressWork {
                    return MailError(.tooLarge, "the lists of addresses are too long")
                }
            }
            // No letter of the word but the first is a `b`: a mismatch can only begin it anew.
            if byte | 0x20 == word[matched] {
                matched += 1
                if matched == word.count {
                    boundaryCount += 1
                    matched = 0
                }
            } else {
                matched = byte | 0x20 == word[0] ? 1 : 0
            }
            index += 1
        }
        if isHead, bytes.count > limits.maximumHeadBytes {
            return MailError(.tooLarge, "the mail's head is longer than \(limits.maximumHeadBytes) bytes")
        }
        guard dashedCount <= Self.maximumDashedLines, boundaryCount <= limits.maximumParts * 2 else {
            return MailError(.tooLarge, "the mail holds too many parts")
        }
        return nil
    }

    /// - Parameter start: At most the first 40 bytes of the line, and perhaps what follows it.
    private mutating func beginLine(_ start: UnsafeBufferPointer<UInt8>) {
        switch start[0] {
        case 0x0A: (isHead, isAddressHeader) = (false, false)
        case 0x0D where start.count > 1 && start[1] == 0x0A: (isHead, isAddressHeader) = (false, false)
        case 0x20, 0x09: break
        default:
            colonCount = 0
            commaCount = 0
            // Wherever such a line stands, it may be in the head of a part that is a mail itself.
            isAddressHeader = Self.isAddressHeader(start)
            if start.count > 1, start[0] == 0x2D, start[1] == 0x2D { dashedCount += 1 }
        }
    }

    private static func isAddressHeader(_ start: UnsafeBufferPointer<UInt8>) -> Bool {
        // Only these letters begin a name of the list.
        switch start[0] | 0x20 {
        case 0x62, 0x63, 0x64, 0x66, 0x72, 0x73, 0x74: break
        default: return false
        }
        guard let colon = start.firstIndex(of: 0x3A) else { return false }
        let name = String(decoding: start[..<colon], as: UTF8.self).lowercased()
        return addressHeaders.contains(name.filter { !$0.isWhitespace })
    }
}
