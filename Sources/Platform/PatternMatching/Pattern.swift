/// One thing to look for.
package struct Pattern: Sendable, Hashable {
    /// How the text of a pattern is meant.
    package enum Expression: Sendable, Hashable {
        /// A whole word or phrase: no letter or digit may stand on either side.
        case literalWord(String)
        /// Words that begin like this; the match is the whole word.
        case prefix(String)
        /// Words that end like this; the match is the whole word.
        case suffix(String)
        /// These letters, wherever they stand.
        case anywhere(String)
        /// A regular expression as Hyperscan reads it: linear time, no look-around, no back references.
        ///
        /// `\w`, `\d` and `\s` know the letters, digits and blanks of most scripts, and `\b` does at the beginning and
        /// the end of an expression and of its alternatives. Inside it knows ASCII only.
        case regex(String)
    }

    /// What a match is reported under; several patterns may share one.
    package let id: Int
    package let expression: Expression
    package let isCaseSensitive: Bool

    /// Makes a pattern.
    ///
    /// A blank in a literal stands for up to three blanks, hyphens or underscores.
    package init(id: Int, _ expression: Expression, isCaseSensitive: Bool = false) {
        self.id = id
        self.expression = expression
        self.isCaseSensitive = isCaseSensitive
    }
}

/// Where a pattern was found, as offsets into the UTF-8 form of the text.
package struct PatternMatch: Sendable, Hashable {
    package let id: Int
    package var range: Range<Int>

    package init(id: Int, range: Range<Int>) {
        self.id = id
        self.range = range
    }
}

/// Why a set of patterns cannot be made.
package struct PatternError: Error, Equatable, CustomStringConvertible {
    /// The index of the pattern; nil when the set as a whole is at fault.
    package let index: Int?
    package let message: String

    package var description: String { index.map { "pattern \($0): \(message)" } ?? message }
}
