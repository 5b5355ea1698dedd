/// Judges JSON text by its size before it is decoded.
///
/// What comes from outside decides how deep a decoder recurses and how much it makes; both are bounded here, by one pass
/// that needs no memory. Whether it is JSON at all is for the decoder to say.
package enum JSONBounds {
    package static let depth = 32
    package static let values = 10_000

    package static func admit(_ bytes: some Sequence<UInt8>) -> Bool {
        var level = 0
        var count = 0
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                level += 1
                count += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): level -= 1
            case UInt8(ascii: ","): count += 1
            default: break
            }
            if level > depth || count > values { return false }
        }
        return true
    }
}
