import Text

/// Makes one block of ``FoldTable``: finds out what becomes of 256 characters.
struct FoldBlockMaker {
    private typealias Traits = FoldTable.Traits

    /// A character on its way into the table.
    private struct Draft {
        var traits: Traits = []
        var look: UInt8 = 0
        var flipped: UInt8 = 0
        var exact: [UInt8] = []
        var marked: [UInt8] = []
        var plain: [UInt8] = []

        var isItself: Bool { !traits.contains(.changes) && look == 0 && flipped == 0 }
    }

    /// A character that stands for more than this many is left as it is: a ligature of eighteen letters hides no word.
    private static let longestForm = 8

    private let first: UInt32
    private var drafts = [Draft()]
    /// Where in ``drafts`` those are that many characters share.
    private var shared: [UInt32: UInt16] = [0: 0]

    init(_ number: Int) { first = UInt32(number) << 8 }

    mutating func block() -> FoldTable.Block {
        let indices = UnsafeMutablePointer<UInt16>.allocate(capacity: 256)
        for offset in 0..<256 {
            indices[offset] = Unicode.Scalar(first + UInt32(offset)).map { index(of: draft($0)) } ?? 0
        }
        let entries = UnsafeMutablePointer<FoldTable.Entry>.allocate(capacity: drafts.count)
        for (index, draft) in drafts.enumerated() { (entries + index).initialize(to: Self.entry(draft)) }
        return FoldTable.Block(indices: indices, entries: entries)
    }

    /// Frees what nobody else has seen.
    static func free(_ block: FoldTable.Block) {
        let count = (0..<256).map { Int(block.indices[$0]) }.max() ?? 0
        for index in 0...count { block.entries[index].letters?.deallocate() }
        block.entries.deallocate()
        block.indices.deallocate()
    }

    private mutating func index(of draft: Draft) -> UInt16 {
        if draft.isItself, let known = shared[draft.traits.rawValue] { return known }
        let index = UInt16(drafts.count)
        drafts.append(draft)
        if draft.isItself { shared[draft.traits.rawValue] = index }
        return index
    }

    private static func entry(_ draft: Draft) -> FoldTable.Entry {
        var entry = FoldTable.Entry(traits: draft.traits, look: draft.look, flipped: draft.flipped)
        let forms = draft.exact + draft.marked + draft.plain
        guard !forms.isEmpty else { return entry }
        let letters = UnsafeMutablePointer<UInt8>.allocate(capacity: forms.count)
        letters.initialize(from: forms, count: forms.count)
        entry.letters = UnsafePointer(letters)
        entry.exactCount = UInt8(draft.exact.count)
        entry.markedCount = UInt8(draft.marked.count)
        entry.plainCount = UInt8(draft.plain.count)
        return entry
    }

    // MARK: One character

    private func draft(_ scalar: Unicode.Scalar) -> Draft {
        var draft = Draft()
        guard !scalar.isASCII else { return draft }
        let properties = CharacterProperties(of: scalar.value)
        // Nothing above has a shape of its own and no property; two thirds of all letters are of Han and Hangul.
        if properties.isEmpty, scalar.value >= 0x2E80 { return draft }
        let script = Script(of: scalar)
        if properties == [.alphabetic, .letter], script == .han || script == .hangul {
            draft.traits = script == .han ? [.letter, .unspaced] : [.letter, .hangul]
            return draft
        }
        let isLatin = script == .latin
        if !properties.isDisjoint(with: [.alphabetic, .mark]) { draft.traits.insert(.letter) }
        if properties.contains(.ignorable) { draft.traits.insert([.ignorable, .changes]) }
        if properties.contains(.combines) { draft.traits.insert([.combines, .changes]) }
        if Self.isAccent(scalar, properties, script) { draft.traits.insert([.accent, .changes, .plainDiffers]) }
        if Self.isPoint(scalar, properties, script) { draft.traits.insert([.point, .changes, .exactDiffers]) }
        if properties.contains(.letter) {
            if Self.unspaced.contains(script) { draft.traits.insert([.unspaced, .letter]) }
            if script == .hangul { draft.traits.insert([.hangul, .letter]) }
        }
        if properties.contains(.picture) || Self.blots.contains(scalar) { draft.traits.insert(.blot) }
        fold(scalar, properties, isLatin, &draft)
        if properties.contains(.letter) { addLook(scalar, script, &draft) }
        if let flipped = LetterShapes.upsideDown[scalar] {
            draft.flipped = flipped
            draft.traits.insert(.upsideDown)
        }
        let form = String(decoding: draft.marked, as: UTF8.self).unicodeScalars
        if form.count == 1, let first = form.first, first != scalar,
            CharacterProperties(of: first.value).contains(.combines)
        {
            draft.traits.insert(.combines)
        }
        if let first = draft.plain.first, Signs.isLetter(first) { draft.traits.insert([.latin, .letter]) }
        return draft
    }

    private static let blots: Set<Unicode.Scalar> = ["\u{2022}", "\u{2217}", "\u{2731}", "\u{203B}"]
    private static let unspaced: Set<Script> = [.han, .hiragana, .katakana, .thai, .lao, .khmer, .myanmar]
    private static let alphabets: Set<Script> = [.cyrillic, .greek, .armenian, .coptic, .georgian]
    private static let exotic: Set<Script> = [
        .cherokee, .lisu, .tifinagh, .runic, .oldItalic, .gothic, .deseret, .canadian, .vai, .bamum,
    ]
    private static let accented: Set<Script> = [.inherited, .common, .latin, .greek, .cyrillic]
    private static let pointed: Set<Script> = [.arabic, .hebrew, .syriac]

    /// A mark on European letters; those of kana are parts of the letter.
    private static func isAccent(
        _ scalar: Unicode.Scalar, _ properties: CharacterProperties, _ script: Script
    ) -> Bool {
        properties.contains(.accent) && accented.contains(script) && scalar != "\u{3099}" && scalar != "\u{309A}"
    }

    /// A mark with or without which words of Arabic, Hebrew and Indic scripts are written.
    private static func isPoint(
        _ scalar: Unicode.Scalar, _ properties: CharacterProperties, _ script: Script
    ) -> Bool {
        switch scalar.value {
        case 0x0610...0x061A, 0x0640, 0x064B...0x065F, 0x0670, 0x06D6...0x06ED: true
        default:
            properties.contains(.nukta)
                || properties.contains(.accent) && scalar.properties.generalCategory == .nonspacingMark
                    && pointed.contains(script)
        }
    }

    private func fold(
        _ scalar: Unicode.Scalar, _ properties: CharacterProperties, _ isLatin: Bool, _ draft: inout Draft
    ) {
        guard !draft.traits.contains(.ignorable) else { return }
        let text = String(scalar)
        if properties.contains(.blank) {
            let blank = scalar == "\u{2028}" || scalar == "\u{2029}" || scalar == "\u{85}" ? "\n" : " "
            return set(&draft, scalar, exact: blank, marked: blank, plain: blank)
        }
        if properties.contains(.dash) { return set(&draft, scalar, exact: "-", marked: "-", plain: "-") }
        if let sign = LetterShapes.signs[scalar] {
            return set(&draft, scalar, exact: text, marked: sign, plain: sign)
        }
        guard
            Self.changes(scalar, properties, isLatin) || draft.traits.contains(.accent)
                || draft.traits.contains(.point)
        else { return }
        let exact = TextForm.casefold.applied(to: text).flatMap { TextForm.nfc.applied(to: $0) } ?? text
        var marked = TextForm.nfkcCasefold.applied(to: text) ?? text
        if marked.unicodeScalars.count > Self.longestForm { marked = text }
        marked = Self.shaped(marked)
        var plain = marked
        if !LetterShapes.lettersWithMarks.contains(scalar),
            !LetterShapes.lettersWithMarks.contains(Self.first(exact))
        {
            plain = Self.unmarked(marked)
        }
        if isLatin, !plain.utf8.allSatisfy({ $0 < 0x80 }),
            let look = TextForm.skeleton.applied(to: plain).map({ Self.shaped(Self.unmarked($0.lowercased())) }),
            !look.isEmpty, look.utf8.allSatisfy(Signs.isLetter)
        {
            plain = look == "rn" ? "m" : look
        }
        // Points are no part of a word in any reading but the exact one.
        if Self.hasPoints(exact) || ["ё", "Ё"].contains(text) { marked = plain }
        set(&draft, scalar, exact: exact, marked: marked, plain: plain)
    }

    /// Whether any of the three forms can be another than the character: what is asked of ICU is asked for these only.
    private static func changes(
        _ scalar: Unicode.Scalar, _ properties: CharacterProperties, _ isLatin: Bool
    ) -> Bool {
        !properties.isDisjoint(with: [.folds, .cased]) || isLatin || LetterShapes.table[scalar] != nil
            || properties.contains(.lowercase) && scalar.value < 0x2000
            || scalar.value < 0x0700 || (0x1D00..<0x2200).contains(scalar.value)
    }

    private static func first(_ text: String) -> Unicode.Scalar { text.unicodeScalars.first ?? "\0" }

    private static func hasPoints(_ text: String) -> Bool {
        text.unicodeScalars.first.map { (0x0590..<0x0700).contains($0.value) || $0.value >= 0xFB1D } ?? false
    }

    private static func shaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if let letters = LetterShapes.table[scalar] {
                result += letters
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Without the marks that are no part of a letter.
    private static func unmarked(_ text: String) -> String {
        let parts = TextForm.nfd.applied(to: text) ?? text
        var kept = String.UnicodeScalarView()
        for scalar in parts.unicodeScalars {
            if !scalar.isASCII {
                let properties = CharacterProperties(of: scalar.value)
                let script = Script(of: scalar)
                if isAccent(scalar, properties, script) || isPoint(scalar, properties, script) { continue }
            }
            kept.append(LetterShapes.strokes[scalar] ?? scalar)
        }
        return TextForm.nfc.applied(to: String(kept)) ?? text
    }

    private func set(
        _ draft: inout Draft, _ scalar: Unicode.Scalar, exact: String, marked: String, plain: String
    ) {
        let own = Array(String(scalar).utf8)
        draft.exact = Array(exact.utf8)
        draft.marked = Array(marked.utf8)
        draft.plain = Array(plain.utf8)
        if draft.exact != own || draft.marked != own || draft.plain != own { draft.traits.insert(.changes) }
        if draft.exact != draft.marked { draft.traits.insert(.exactDiffers) }
        if draft.plain != draft.marked { draft.traits.insert(.plainDiffers) }
        // What is left as it is needs no letters.
        if !draft.traits.contains(.changes) { (draft.exact, draft.marked, draft.plain) = ([], [], []) }
    }

    // MARK: Looks

    private func addLook(_ scalar: Unicode.Scalar, _ script: Script, _ draft: inout Draft) {
        let isExotic = Self.exotic.contains(script)
        guard isExotic || Self.alphabets.contains(script) else { return }
        draft.traits.insert(isExotic ? [.foreign, .exotic] : .foreign)
        let lower = Self.first(scalar.properties.lowercaseMapping)
        if LetterShapes.everyday.contains(lower) { draft.traits.insert(.everyday) }
        if let look = Self.look(scalar) ?? (isExotic ? nil : Self.look(lower)) {
            draft.look = look
            draft.traits.insert(.lookAlike)
        } else if let look = LetterShapes.reminders[scalar] ?? LetterShapes.reminders[lower] {
            draft.look = look
            draft.traits.insert(.reminds)
        }
    }

    /// The Latin letter that Unicode says a character looks like.
    private static func look(_ scalar: Unicode.Scalar) -> UInt8? {
        if let letter = LetterShapes.lookAlikes[scalar] { return UInt8(letter.value) }
        guard let skeleton = TextForm.skeleton.applied(to: String(scalar)) else { return nil }
        // A stroke is what capitals of i and both small letters look like.
        if ["l", "I", "|"].contains(skeleton) {
            return scalar.properties.isLowercase ? UInt8(ascii: "l") : UInt8(ascii: "1")
        }
        let plain = shaped(unmarked(skeleton.lowercased()))
        if plain == "rn" { return UInt8(ascii: "m") }
        guard plain.utf8.count == 1, let byte = plain.utf8.first, Signs.isLetter(byte) else { return nil }
        return byte
    }
}
