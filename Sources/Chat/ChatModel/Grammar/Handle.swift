import Text

/// The unique short names of people and bots, as they are stored, looked up and written.
package enum Handle {
    /// Unicode scalars of the longest.
    package static let maximum = NameRule.handle.maximum

    /// The form in which two handles that name the same are equal.
    package static func form(_ handle: some StringProtocol) -> String { NameRule.lookup(String(handle)).lowercased() }

    /// Whether somebody can be called so, as far as the length tells.
    package static func fits(_ handle: some StringProtocol) -> Bool {
        (1...maximum * 4).contains(handle.utf8.count) && handle.unicodeScalars.count <= maximum
    }

    /// Whether a scalar can stand in a handle.
    static func holds(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "@", "#", ":", ",", "/", "<", ">", "\"", "`", "\\": return false
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return !scalar.properties.isWhitespace
        }
    }

    /// Whether a scalar is of a word, so that a handle does not end before it.
    package static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
            true
        default: false
        }
    }

    /// Whether a scalar holds two words of a handle together, when it stands alone between them: `probe.bot`.
    static func joins(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case ".", "-", "_", "+", "·", "・": true
        default: false
        }
    }
}
