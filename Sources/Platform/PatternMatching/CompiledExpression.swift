import CHyperscan

/// A pattern in Hyperscan's terms, and what is left to check when it reports an end.
struct CompiledExpression {
    static let longestRegex = 260
    static let longestLiteral = 200

    /// What must hold around a match.
    struct Borders {
        var left = false
        var right = false
        /// Whether the match grows to the whole word.
        var growsLeft = false
        var growsRight = false
    }

    let expression: String
    let flags: UInt32
    /// The length in bytes where it is known; else Hyperscan tracks the start, which costs more.
    let length: Int?
    let borders: Borders

    init(_ pattern: Pattern, index: Int) throws(PatternError) {
        switch pattern.expression {
        case .regex(let regex):
            self = try Self.regex(regex, pattern.isCaseSensitive, index)
        case .literalWord(let text):
            self = try Self(
                text, pattern, index, Borders(left: Word.binds(text.first), right: Word.binds(text.last)))
        case .prefix(let text):
            self = try Self(text, pattern, index, Borders(left: Word.binds(text.first), growsRight: true))
        case .suffix(let text):
            self = try Self(text, pattern, index, Borders(right: Word.binds(text.last), growsLeft: true))
        case .anywhere(let text):
            self = try Self(text, pattern, index, Borders())
        }
    }

    private init(expression: String, flags: Int32, length: Int?, borders: Borders) {
        self.expression = expression
        self.flags = UInt32(flags)
        self.length = length
        self.borders = borders
    }

    private init(_ text: String, _ pattern: Pattern, _ index: Int, _ borders: Borders) throws(PatternError) {
        guard !text.allSatisfy(\.isWhitespace) else { throw PatternError(index: index, message: "nothing to look for") }
        guard text.utf8.count <= Self.longestLiteral else {
            throw PatternError(index: index, message: "longer than \(Self.longestLiteral) bytes")
        }
        var expression = ""
        var isFixed = true
        var wasBlank = false
        for scalar in text.unicodeScalars {
            let isBlank = scalar.properties.isWhitespace
            defer { wasBlank = isBlank }
            switch scalar {
            case _ where isBlank:
                isFixed = false
                if !wasBlank { expression += "[ \\t\\r\\n_-]{1,3}" }
            case "a"..."z", "A"..."Z", "0"..."9": expression.unicodeScalars.append(scalar)
            case _ where scalar.isASCII:
                expression += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: expression.unicodeScalars.append(scalar)
            }
        }
        var flags: Int32 = pattern.isCaseSensitive ? 0 : HS_FLAG_CASELESS
        // Letters beyond ASCII may change their length with their case; as bytes ASCII and exact text cannot.
        if !text.utf8.allSatisfy({ $0 < 0x80 }) {
            flags |= HS_FLAG_UTF8 | HS_FLAG_UCP
            if !pattern.isCaseSensitive { isFixed = false }
        }
        if !isFixed { flags |= HS_FLAG_SOM_LEFTMOST }
        self.init(
            expression: expression, flags: flags, length: isFixed ? text.utf8.count : nil, borders: borders)
    }

    /// Finds the flags under which Hyperscan takes a regular expression, with its own words when there are none.
    private static func regex(
        _ regex: String, _ isCaseSensitive: Bool, _ index: Int
    ) throws(PatternError) -> CompiledExpression {
        guard regex.count <= longestRegex else {
            throw PatternError(index: index, message: "longer than \(longestRegex) characters")
        }
        guard !regex.utf8.contains(0) else { throw PatternError(index: index, message: "holds a NUL character") }
        let common = HS_FLAG_UTF8 | HS_FLAG_SOM_LEFTMOST | (isCaseSensitive ? 0 : HS_FLAG_CASELESS)
        var message = ""
        for flags in [common | HS_FLAG_UCP, common] {
            guard let complaint = complaint(about: regex, flags) else {
                return CompiledExpression(expression: regex, flags: flags, length: nil, borders: Borders())
            }
            message = complaint
        }
        throw PatternError(index: index, message: message)
    }

    private static func complaint(about regex: String, _ flags: Int32) -> String? {
        var database: OpaquePointer?
        var failure: UnsafeMutablePointer<hs_compile_error_t>?
        let status = hs_compile(regex, UInt32(flags), UInt32(HS_MODE_BLOCK), nil, &database, &failure)
        defer {
            hs_free_database(database)
            hs_free_compile_error(failure)
        }
        guard status != HS_SUCCESS else { return nil }
        let message = failure?.pointee.message.map { String(cString: $0) } ?? "Hyperscan refused it"
        return explained(message)
    }

    /// Hyperscan's message in the user's terms where it speaks of flags that nobody here can set.
    static func explained(_ message: String) -> String {
        if message.contains("matches empty buffer") { return "matches the empty text; require at least one character" }
        if message.contains("Zero-width assertions") { return "look-ahead and look-behind are not supported" }
        return message.hasSuffix(".") ? String(message.dropLast()) : message
    }
}
