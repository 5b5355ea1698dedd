/// What a character is to the rules that say where emphasis may begin and end (CommonMark, section 6.2).
enum ScalarKind {
    case space
    case punctuation
    /// Outside ASCII, symbols are punctuation since CommonMark 0.31 and were letters before: readers differ.
    case symbol
    case word

    init(_ scalar: Unicode.Scalar) {
        if scalar.isASCII {
            switch scalar {
            case "0"..."9", "A"..."Z", "a"..."z": self = .word
            case "!"..."~": self = .punctuation
            case "\t", "\n", "\u{B}", "\u{C}", "\r", " ": self = .space
            default: self = .word
            }
            return
        }
        switch scalar.properties.generalCategory {
        case .spaceSeparator: self = .space
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            self = .punctuation
        case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: self = .symbol
        default: self = .word
        }
    }

    /// Whether some reader may take it for a letter.
    var mayBeWord: Bool { self == .word || self == .symbol }
    /// Whether some reader may take it for punctuation.
    var mayBePunctuation: Bool { self == .punctuation || self == .symbol }
}
