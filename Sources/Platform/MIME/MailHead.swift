/// The header lines of a mail or a part, unfolded where they are asked for.
struct MailHead {
    struct Field {
        /// In lower case.
        let name: String
        let nameRange: Range<Int>
        /// With its folds.
        let value: Range<Int>
    }

    private(set) var fields: [Field] = []
    /// Where the body begins.
    private(set) var end: Int

    /// Reads on until an empty line, or to the first line that can be none of a head.
    ///
    /// - Parameter maximumFields: Further ones are passed over.
    init(_ bytes: [UInt8], in range: Range<Int>, maximumFields: Int) {
        var index = range.lowerBound
        end = range.upperBound
        var isPassedOver = false
        while index < range.upperBound {
            let lineEnd = MailBytes.lineEnd(bytes, from: index, before: range.upperBound)
            let line = MailBytes.withoutLineEnd(bytes, index..<lineEnd)
            if line.isEmpty {
                end = lineEnd
                return
            }
            if MailBytes.isSpace(bytes[line.lowerBound]) {
                if line.allSatisfy({ MailBytes.isSpace(bytes[$0]) }), fields.isEmpty {
                    end = lineEnd
                    return
                }
                if !isPassedOver, let last = fields.popLast() {
                    fields.append(
                        Field(
                            name: last.name, nameRange: last.nameRange,
                            value: last.value.lowerBound..<line.upperBound))
                }
            } else if let colon = Self.nameEnd(bytes, line) {
                isPassedOver = fields.count >= maximumFields
                if !isPassedOver {
                    var nameEnd = colon
                    while nameEnd > line.lowerBound, MailBytes.isSpace(bytes[nameEnd - 1]) { nameEnd -= 1 }
                    fields.append(
                        Field(
                            name: MailBytes.lowercased(bytes[line.lowerBound..<nameEnd]),
                            nameRange: line.lowerBound..<nameEnd, value: (colon + 1)..<line.upperBound))
                }
            } else if !Self.isPassedOver(bytes, line, next: lineEnd, before: range.upperBound) {
                end = index
                return
            } else {
                isPassedOver = true
            }
            index = lineEnd
        }
    }

    /// Where the colon of a header line stands.
    private static func nameEnd(_ bytes: [UInt8], _ line: Range<Int>) -> Int? {
        var index = line.lowerBound
        while index < line.upperBound, (0x21..<0x7F).contains(bytes[index]), bytes[index] != 0x3A { index += 1 }
        let end = index
        while index < line.upperBound, MailBytes.isSpace(bytes[index]) { index += 1 }
        guard end > line.lowerBound, index < line.upperBound, bytes[index] == 0x3A else { return nil }
        return index
    }

    /// A line that some program left in a head: `From ` of a mailbox, or any other before a line of a head.
    private static func isPassedOver(_ bytes: [UInt8], _ line: Range<Int>, next: Int, before end: Int) -> Bool {
        if bytes[line].starts(with: Array("From ".utf8)) || bytes[line].starts(with: Array(">From ".utf8)) {
            return true
        }
        guard next < end else { return false }
        let following = MailBytes.withoutLineEnd(bytes, next..<MailBytes.lineEnd(bytes, from: next, before: end))
        guard let colon = nameEnd(bytes, following) else { return false }
        return knownNames.contains(MailBytes.lowercased(bytes[following.lowerBound..<colon]).trimmingSpaces)
    }

    private static let knownNames: Set<String> = [
        "received", "return-path", "from", "to", "cc", "subject", "date", "message-id", "mime-version", "content-type",
        "content-transfer-encoding", "reply-to", "delivered-to", "dkim-signature", "content-disposition",
    ]

    /// The fields called `name`, which is in lower case.
    func all(_ name: String) -> [Field] { fields.filter { $0.name == name } }

    func first(_ name: String) -> Field? { fields.first { $0.name == name } }

    /// A field's value without its folds.
    static func unfolded(_ bytes: [UInt8], _ range: Range<Int>, limit: Int = .max) -> ArraySlice<UInt8> {
        let slice = MailBytes.trimmed(bytes[range])
        guard slice.contains(where: MailBytes.isBreak) else { return slice.prefix(limit) }
        return slice.prefix(limit).filter { !MailBytes.isBreak($0) }[...]
    }
}
