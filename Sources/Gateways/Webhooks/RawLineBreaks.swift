/// Mends a mistake that templates make: line breaks and tabs that stand in a JSON string as they are.
enum RawLineBreaks {
    /// `json` with those escaped; other control characters stay, and are refused (RFC 8259, section 7).
    static func escaped(_ json: [UInt8]) -> [UInt8] {
        var isInString = false
        var isAfterBackslash = false
        var result: [UInt8] = []
        var taken = 0
        for (index, byte) in json.enumerated() {
            guard isInString else {
                isInString = byte == UInt8(ascii: "\"")
                continue
            }
            let letter: Character? =
                switch byte {
                case 0x0A: "n"
                case 0x0D: "r"
                case 0x09: "t"
                default: nil
                }
            if let letter, let ascii = letter.asciiValue {
                result += json[taken..<index]
                // Behind a backslash the letter alone makes the escape.
                if !isAfterBackslash { result.append(UInt8(ascii: "\\")) }
                result.append(ascii)
                taken = index + 1
            } else if byte == UInt8(ascii: "\""), !isAfterBackslash {
                isInString = false
            }
            isAfterBackslash = byte == UInt8(ascii: "\\") && !isAfterBackslash
        }
        return taken == 0 ? json : result + json[taken...]
    }
}
