import CHyperscan

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

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
    /// A smaller form of a regular expression.
    private let narrow: String?

    /// What a pattern is compiled to: one expression, or one for each of a regular expression's alternatives.
    static func expressions(of pattern: Pattern, index: Int) throws(PatternError) -> [CompiledExpression] {
        switch pattern.expression {
        case .regex(let regex): try RegexParts(regex, index).map { Self($0, pattern.isCaseSensitive) }
        case .literalWord(let text):
            [try Self(text, pattern, index, Borders(left: Word.binds(text.first), right: Word.binds(text.last)))]
        case .prefix(let text):
            [try Self(text, pattern, index, Borders(left: Word.binds(text.first), growsRight: true))]
        case .suffix(let text):
            [try Self(text, pattern, index, Borders(right: Word.binds(text.last), growsLeft: true))]
        case .anywhere(let text): [try Self(text, pattern, index, Borders())]
        }
    }

    /// Without Hyperscan's own idea of Unicode's classes, which take minutes to compile: ``RegexParts`` writes them out.
    private init(_ part: RegexParts.Part, _ isCaseSensitive: Bool) {
        let flags = HS_FLAG_SOM_LEFTMOST | (isCaseSensitive ? 0 : HS_FLAG_CASELESS)
        self.init(
            expression: part.expression, flags: part.isBytes ? flags : flags | HS_FLAG_UTF8, length: nil,
            borders: Borders(left: part.hasLeftBorder, right: part.hasRightBorder), narrow: part.narrow)
    }

    /// The same with classes for ASCII only, when its form for all letters is too large; nil when it is that already.
    var narrower: CompiledExpression? {
        narrow.map {
            CompiledExpression(expression: $0, flags: Int32(flags), length: nil, borders: borders, narrow: nil)
        }
    }

    private init(expression: String, flags: Int32, length: Int?, borders: Borders, narrow: String? = nil) {
        self.expression = expression
        self.flags = UInt32(flags)
        self.length = length
        self.borders = borders
        self.narrow = narrow
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

    /// What is wrong with a regular expression; nil when nothing is.
    ///
    /// Read, but compiled only when it may be too large: thousands are looked at one by one.
    static func complaint(about regex: String) -> String? {
        let parts: [CompiledExpression]
        do throws(PatternError) { parts = try RegexParts(regex, 0).map { Self($0, false) } } catch {
            return error.message
        }
        for part in parts {
            guard var message = part.complaint(isWhole: false) else {
                if regex.contains("{"), let message = part.complaint(isWhole: true), let narrow = part.narrower {
                    if narrow.complaint(isWhole: true) != nil { return message }
                }
                continue
            }
            guard let narrow = part.narrower else { return message }
            guard let other = narrow.complaint(isWhole: false) else { continue }
            message = other
            return message
        }
        return nil
    }

    private func complaint(isWhole: Bool) -> String? {
        var failure: UnsafeMutablePointer<hs_compile_error_t>?
        defer { hs_free_compile_error(failure) }
        if isWhole {
            var database: OpaquePointer?
            let status = hs_compile(expression, flags, UInt32(HS_MODE_BLOCK), nil, &database, &failure)
            hs_free_database(database)
            if status == HS_SUCCESS { return nil }
        } else {
            var info: UnsafeMutablePointer<hs_expr_info_t>?
            let status = hs_expression_info(expression, flags, &info, &failure)
            defer { free(info) }
            if status == HS_SUCCESS {
                return info?.pointee.min_width == 0 ? Self.explained("matches empty buffer") : nil
            }
        }
        return Self.explained(failure?.pointee.message.map { String(cString: $0) } ?? "Hyperscan refused it")
    }

    /// Hyperscan's message in the user's terms where it speaks of flags that nobody here can set.
    static func explained(_ message: String) -> String {
        if message.contains("matches empty buffer") { return "matches the empty text; require at least one character" }
        if message.contains("Zero-width assertions") { return "look-ahead and look-behind are not supported" }
        return message.hasSuffix(".") ? String(message.dropLast()) : message
    }
}
