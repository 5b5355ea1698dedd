import Foundation

/// Judges the names of one kind of thing, and brings them into the form in which they are stored and compared.
///
/// Names are told apart by people, so a name holds nothing that nobody sees (Unicode's TR36): no control and format
/// characters, none that are not assigned, and none that fill a line with nothing.
package struct NameRule: Sendable {
    /// Why a name cannot be: a sentence for who chose it.
    package struct Refusal: Error, Sendable, Hashable {
        package let description: String
    }

    /// As a sentence begins: `A handle`.
    let noun: String
    /// Unicode scalars, after normalisation.
    package let maximum: Int
    /// Characters that mean something where such names are written.
    let reserved: String
    /// Whether the name is one word, as in a mention: compatible characters are one then (NFKC), and there are no blanks.
    let isWord: Bool

    /// Of people and bots: `@ada`.
    package static let handle = NameRule(noun: "A handle", maximum: 64, reserved: "@#:,/<>\"", isWord: true)
    /// Of channels: `#general`.
    package static let channel = NameRule(noun: "A channel's name", maximum: 80, reserved: "#@,/<>\"", isWord: true)
    /// What is shown of people, bots and hooks: `Ada Lovelace`.
    package static let display = NameRule(noun: "A name", maximum: 128, reserved: "", isWord: false)

    /// Accents and the like on one letter; no language needs more.
    private static let maximumMarks = 4

    /// The name as it is stored.
    package func normalized(_ name: String) throws(Refusal) -> String {
        // Counted in bytes first: to normalise megabytes is work.
        guard !name.isEmpty, name.utf8.count <= maximum * 4 else { throw length }
        let normal =
            isWord ? name.precomposedStringWithCompatibilityMapping : name.precomposedStringWithCanonicalMapping
        guard (1...maximum).contains(normal.unicodeScalars.count) else { throw length }
        try check(normal)
        return normal
    }

    /// The form in which a word is looked up; what is too long to be one stays as it is, cut.
    package static func lookup(_ name: String) -> String {
        let bounded = name.utf8.count <= 1024 ? name : String(String.UnicodeScalarView(name.unicodeScalars.prefix(256)))
        return bounded.precomposedStringWithCompatibilityMapping
    }

    /// What names that look alike have in common (UTS 39), whatever their case; to be compared with others of its kind.
    ///
    /// Begins with the version of Unicode that it is of: the next may find other characters alike.
    package static func skeleton(of name: String) -> String {
        let look = TextForm.skeleton.applied(to: name, limit: 1 << 14) ?? name
        return "\(TextForm.unicodeVersion)|\(TextForm.casefold.applied(to: look, limit: 1 << 14) ?? look)"
    }

    /// What can be kept of a name that somebody else's program chose; nil when nothing is left.
    package func cleaned(_ name: String) -> String? {
        let start = String(String.UnicodeScalarView(name.unicodeScalars.prefix(maximum * 2)))
        let scalars = Array(start.precomposedStringWithCanonicalMapping.unicodeScalars)
        var kept = String.UnicodeScalarView()
        var marks = 0
        for (index, scalar) in scalars.enumerated() where fault(scalars, at: index) == nil {
            marks = Self.isMark(scalar) ? marks + 1 : 0
            if marks <= Self.maximumMarks, kept.count < maximum { kept.append(scalar) }
        }
        let text = String(kept).trimmingCharacters(in: .whitespacesAndNewlines)
        // What joined may stand alone now.
        return (try? normalized(text)) ?? (try? normalized(String(text.unicodeScalars.filter { !Self.joins($0) })))
    }

    private var length: Refusal {
        Refusal(description: "\(noun) has 1 to \(maximum) characters.")
    }

    private func check(_ name: String) throws(Refusal) {
        guard name != ".", name != ".." else {
            throw Refusal(description: "\(noun) cannot be \"\(name)\", which means a place in a path.")
        }
        let scalars = Array(name.unicodeScalars)
        var marks = 0
        for (index, scalar) in scalars.enumerated() {
            if let fault = fault(scalars, at: index) { throw Refusal(description: "\(noun) \(fault).") }
            marks = Self.isMark(scalar) ? marks + 1 : 0
            guard marks <= Self.maximumMarks else {
                throw Refusal(description: "\(noun) has at most \(Self.maximumMarks) accents on one letter.")
            }
        }
        if Self.isMark(scalars[0]) {
            throw Refusal(description: "\(noun) cannot begin with an accent that has no letter.")
        }
        if scalars[0].properties.isWhitespace || scalars[scalars.count - 1].properties.isWhitespace {
            throw Refusal(description: "\(noun) cannot begin or end with a blank.")
        }
    }

    /// What is wrong with one scalar; nil when nothing is.
    private func fault(_ scalars: [Unicode.Scalar], at index: Int) -> String? {
        let scalar = scalars[index]
        if scalar.value < 0x7F, scalar.value > 0x20 {
            return reserved.unicodeScalars.contains(scalar) ? "cannot hold \(scalar)" : nil
        }
        if scalar == " " { return isWord ? "cannot hold a blank" : nil }
        if !isWord, Self.joinsWell(scalars, at: index) { return nil }
        let properties = scalar.properties
        let isHidden =
            switch properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
            case .spaceSeparator: true
            default: properties.isDefaultIgnorableCodePoint || Self.blanks.contains(scalar) || properties.isWhitespace
            }
        guard isHidden else { return nil }
        let code = String(scalar.value, radix: 16, uppercase: true)
        let number = String(repeating: "0", count: max(0, 4 - code.count)) + code
        return "cannot hold U+\(number)\(properties.name.map { " (\($0.lowercased()))" } ?? "")"
    }

    /// Letters that show nothing: a Braille cell without dots.
    private static let blanks: Set<Unicode.Scalar> = ["\u{2800}"]

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        // A selector is no accent.
        case .nonspacingMark, .enclosingMark: !joins(scalar)
        default: false
        }
    }

    /// The zero-width joiners and the selectors of an emoji's picture or sign.
    private static func joins(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\u{200C}" || scalar == "\u{200D}" || scalar == "\u{FE0E}" || scalar == "\u{FE0F}"
    }

    /// Whether a joiner or a selector stands where emoji and the scripts of Persia and India need it.
    private static func joinsWell(_ scalars: [Unicode.Scalar], at index: Int) -> Bool {
        guard joins(scalars[index]), index > 0 else { return false }
        let previous = scalars[index - 1]
        guard previous.value > 0x7F || scalars[index] == "\u{FE0F}" else { return false }
        if scalars[index].value >= 0xFE0E { return previous.properties.isEmoji }
        guard index + 1 < scalars.count, scalars[index + 1].value > 0x7F else { return false }
        let isEmoji = isPicture(previous) && scalars[index + 1].properties.isEmoji && scalars[index] == "\u{200D}"
        return isEmoji || isLetter(previous) && isLetter(scalars[index + 1])
    }

    private static func isPicture(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isEmoji || scalar == "\u{FE0F}"
    }

    /// A letter of a script that has joiners: they begin with Arabic, and Latin, Greek and Cyrillic lie before.
    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.value >= 0x0600, !joins(scalar) else { return false }
        return switch scalar.properties.generalCategory {
        case .otherLetter, .nonspacingMark, .spacingMark: true
        default: false
        }
    }
}
