import PatternMatching

/// A word of a rule, with its stars read.
struct WordPattern {
    static let longest = 100

    /// What a match of a word asks of the text around it.
    struct Shape: OptionSet, Sendable {
        let rawValue: UInt16

        /// No letter or digit may stand on this side.
        static let bindsLeft = Shape(rawValue: 1)
        static let bindsRight = Shape(rawValue: 2)
        /// The match grows to the whole word.
        static let growsLeft = Shape(rawValue: 4)
        static let growsRight = Shape(rawValue: 8)
        /// Written without blanks: whether it is a word of its own only a dictionary knows.
        static let asksDictionary = Shape(rawValue: 16)
        /// Enough letters to mean something where all letters stand apart.
        static let joins = Shape(rawValue: 32)
        /// Only that.
        static let joinsOnly = Shape(rawValue: 64)
        /// Long enough to be found in letters that are drawn with others, such as `rn` for an m.
        static let isLong = Shape(rawValue: 128)
        /// One letter several times.
        static let isOneLetter = Shape(rawValue: 256)
    }

    /// In which forms of a text a word is looked for.
    struct Forms: OptionSet, Sendable {
        let rawValue: UInt8

        static let exact = Forms(rawValue: 1)
        static let marked = Forms(rawValue: 2)
        static let plain = Forms(rawValue: 4)
        static let folded: Forms = [.marked, .plain]
        static let all: Forms = [.exact, .marked, .plain]
    }

    struct Needle {
        let bytes: [UInt8]
        let shape: Shape
        let forms: Forms
    }

    private let text: String
    private let opens: Bool
    private let closes: Bool

    /// Reads `cat`, `cat*`, `*cat`, `*cat*` or a phrase; throws a sentence on what is wrong.
    init(_ raw: String) throws(WordError) {
        var text = Substring(raw)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        opens = text.utf8.first == UInt8(ascii: "*")
        closes = text.utf8.count > 1 && text.utf8.last == UInt8(ascii: "*")
        if opens { text.removeFirst() }
        if closes { text.removeLast() }
        guard !text.isEmpty else { throw WordError(message: "nothing to look for") }
        guard !text.utf8.contains(UInt8(ascii: "*")) else {
            throw WordError(message: "a * stands only at the beginning or the end")
        }
        guard text.utf8.count <= Self.longest else { throw WordError(message: "longer than \(Self.longest) bytes") }
        self.text = String(text)
        guard self.text.unicodeScalars.contains(where: { !Self.isBlank($0) }) else {
            throw WordError(
                message: "nothing to look for but blanks, hyphens and underscores; write a regular expression")
        }
        guard !Folding.fold(self.text, .exact).isEmpty else {
            throw WordError(message: "nothing to look for but characters that nobody sees")
        }
    }

    /// What a word matches as one blank.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "-" || scalar == "_" || scalar.properties.isWhitespace
    }

    /// What to look for in the readings of a text.
    func needles(_ reading: ModerationRule.Reading, wholeWords: Bool) -> [Needle] {
        if reading == .exact {
            let bytes = Array(Folding.fold(text, .exact).utf8)
            return [Needle(bytes: bytes, shape: shape(bytes, wholeWords), forms: .exact)]
        }
        let marked = Array(Folding.fold(text, .marked).utf8)
        let plain = Array(Folding.fold(text, .plain).utf8)
        var needles: [Needle] = []
        if marked == plain {
            needles.append(needle(plain, .folded, wholeWords))
        } else {
            // The accents that a word has are a part of it: `péter` is not Peter.
            needles.append(needle(marked, .marked, wholeWords))
            if reading == .strict { needles.append(needle(plain, .plain, wholeWords)) }
        }
        for found in needles where !found.shape.contains(.joins) {
            let letters = Self.letters(of: found.bytes)
            guard letters.count != found.bytes.count, Self.isEnough(letters) else { continue }
            needles.append(Needle(bytes: letters, shape: [.joins, .joinsOnly], forms: found.forms))
        }
        return needles
    }

    private func needle(_ bytes: [UInt8], _ forms: Forms, _ wholeWords: Bool) -> Needle {
        var shape = shape(bytes, wholeWords)
        if Self.letters(of: bytes).count == bytes.count, Self.isEnough(bytes) { shape.insert(.joins) }
        if bytes.count >= 5 { shape.insert(.isLong) }
        if bytes.count > 1, bytes.allSatisfy({ $0 == bytes[0] }) { shape.insert(.isOneLetter) }
        return Needle(bytes: bytes, shape: shape, forms: forms)
    }

    private func shape(_ bytes: [UInt8], _ wholeWords: Bool) -> Shape {
        var shape: Shape = []
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
        let table = FoldTable.shared
        if wholeWords, !opens, !closes,
            scalars.allSatisfy({ table.traits(of: $0.value).contains(.unspaced) })
        {
            shape.insert(.asksDictionary)
        }
        if opens { shape.insert(.growsLeft) } else if Word.binds(scalars.first) { shape.insert(.bindsLeft) }
        if closes { shape.insert(.growsRight) } else if Word.binds(scalars.last) { shape.insert(.bindsRight) }
        if opens, closes { shape = [] }
        return shape
    }

    private static func letters(of bytes: [UInt8]) -> [UInt8] {
        let table = FoldTable.shared
        var result: [UInt8] = []
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            let isLetter =
                scalar.isASCII
                ? Signs.isLetter(UInt8(scalar.value)) || (0x30...0x39).contains(scalar.value)
                : table.traits(of: scalar.value).contains(.letter)
            if isLetter { result += UTF8.encode(scalar) ?? .init() }
        }
        return result
    }

    /// Three letters, or two of Han, kana or Hangul.
    private static func isEnough(_ bytes: [UInt8]) -> Bool {
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
        if scalars.count >= 3 { return true }
        let table = FoldTable.shared
        return scalars.count == 2
            && scalars.allSatisfy {
                !table.traits(of: $0.value).isDisjoint(with: [.unspaced, .hangul])
            }
    }
}

/// What is wrong with a word or a list of words.
struct WordError: Error {
    let message: String
}
