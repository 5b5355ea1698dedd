/// What a scalar means under the core schema of YAML 1.2 (§10.3.2): `yes`, `no`, `on` and `off` are text.
package enum YAMLScalar: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(String)

    /// Reads a plain scalar.
    ///
    /// An integer that does not fit 64 bits is a number.
    package init(plain text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "true", "True", "TRUE": self = .boolean(true)
        case "false", "False", "FALSE": self = .boolean(false)
        case ".nan", ".NaN", ".NAN": self = .number(.nan)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": self = .number(.infinity)
        case "-.inf", "-.Inf", "-.INF": self = .number(-.infinity)
        default: self = Self.number(text) ?? .string(text)
        }
    }

    private static func number(_ text: String) -> YAMLScalar? {
        let bytes = Array(text.utf8)
        guard bytes.count <= 64, let first = bytes.first, isDigit(first) || "+-.".utf8.contains(first) else {
            return nil
        }
        if text.hasPrefix("0x") { return based(text.dropFirst(2), radix: 16) }
        if text.hasPrefix("0o") { return based(text.dropFirst(2), radix: 8) }
        let digits = bytes.drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
        guard bytes.count - digits.count <= 1 else { return nil }
        if !digits.isEmpty, digits.allSatisfy(isDigit) {
            return Int(text).map { .integer($0) } ?? Double(text).map { .number($0) }
        }
        // [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
        var rest = digits
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = rest.prefix(while: isDigit)
            rest = rest.dropFirst(fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        if let exponent = rest.first {
            guard exponent | 0x20 == UInt8(ascii: "e") else { return nil }
            rest = rest.dropFirst()
            if let sign = rest.first, "+-".utf8.contains(sign) { rest = rest.dropFirst() }
            guard !rest.isEmpty, rest.allSatisfy(isDigit) else { return nil }
        }
        // Swift reads neither "1." nor ".5e3" in every position, so the point gets its digits.
        var written = text
        if whole.isEmpty, let point = written.firstIndex(of: ".") { written.insert("0", at: point) }
        if fraction.isEmpty, let point = written.firstIndex(of: ".") { written.remove(at: point) }
        return Double(written).map { .number($0) }
    }

    private static func based(_ digits: Substring, radix: Int) -> YAMLScalar? {
        guard let first = digits.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else { return nil }
        return Int(digits, radix: radix).map { .integer($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
