/// Where a link leads, as it is written.
enum MarkdownTarget {
    /// Whether a reader can be made to take it for a target: it has no control characters.
    static func canBeWritten(_ target: String) -> Bool {
        !target.isEmpty && target.utf8.allSatisfy { $0 > 0x1F && $0 != 0x7F }
    }

    /// `<target>`, where that shows what is to be shown; nil when a label is needed.
    static func autolink(_ target: String, shown: String) -> String? {
        if shown == target, isURI(target) { return "<\(target)>" }
        if target == "mailto:\(shown)", isMailAddress(shown) { return "<\(shown)>" }
        return nil
    }

    /// A URI as CommonMark's autolinks have it, without what readers take for an entity.
    static func isURI(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let scheme = text.utf8[..<colon]
        guard (2...32).contains(scheme.count), let first = scheme.first, isLetter(first),
            scheme.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || "+.-".utf8.contains($0) })
        else { return false }
        let bytes = Array(text.utf8)
        return bytes.indices.allSatisfy { index in
            switch bytes[index] {
            case 0...0x20, 0x7F, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "|"), UInt8(ascii: "\\"): false
            case UInt8(ascii: "&"): !MarkdownEscaping.mayBeEntity(bytes[index...])
            default: true
            }
        }
    }

    /// The plain kind of address: what a reader does not take for one only loses its link.
    private static func isMailAddress(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, text.utf8.count <= 254 else { return false }
        let labels = parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts[0].allSatisfy { isLetterOrDigit($0) || "._+-".utf8.contains($0) }
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
                    && isLetterOrDigit(label[label.startIndex])
                    && isLetterOrDigit(label[label.index(before: label.endIndex)])
            }
    }

    /// The target between the parentheses of a link; readers undo every backslash, so that it is what it was.
    static func escaped(_ target: String, isInCell: Bool) -> [UInt8] {
        let bytes = Array(target.utf8)
        let hasBlank = bytes.contains(0x20) || bytes.first == UInt8(ascii: "<")
        let isBalanced = Self.isBalanced(bytes)
        var escaped: [UInt8] = hasBlank ? [UInt8(ascii: "<")] : []
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: ")"): if !hasBlank, !isBalanced { escaped.append(UInt8(ascii: "\\")) }
            case UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"): escaped.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "&"):
                if MarkdownEscaping.mayBeEntity(bytes[index...]) { escaped.append(UInt8(ascii: "\\")) }
            case UInt8(ascii: "|"): if isInCell { escaped.append(UInt8(ascii: "\\")) }
            default: break
            }
            escaped.append(byte)
        }
        if hasBlank { escaped.append(UInt8(ascii: ">")) }
        return escaped
    }

    private static func isBalanced(_ bytes: [UInt8]) -> Bool {
        var depth = 0
        for byte in bytes {
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            guard (0...3).contains(depth) else { return false }
        }
        return depth == 0
    }

    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    static func isLetterOrDigit(_ byte: UInt8) -> Bool { isLetter(byte) || (0x30...0x39).contains(byte) }
}
