import Text

/// What becomes of each character when a text is folded; made once from ICU's data, in some tens of milliseconds.
///
/// Texts are folded by this table alone, so that a character costs the same whatever it is.
struct FoldTable: Sendable {
    /// What else is to be known of a character.
    struct Traits: OptionSet {
        let rawValue: UInt32

        /// Nobody sees it.
        static let ignorable = Traits(rawValue: 1)
        /// May make one character with the one before it.
        static let combines = Traits(rawValue: 2)
        /// An accent of a European letter.
        static let accent = Traits(rawValue: 4)
        /// A vowel point or the like, which words are written with or without.
        static let point = Traits(rawValue: 8)
        /// A letter of another alphabet in which a Latin one could be written.
        static let foreign = Traits(rawValue: 16)
        /// Looks like the Latin letter ``Entry/look``.
        static let lookAlike = Traits(rawValue: 32)
        /// Reminds of it only: `ш` for a w.
        static let reminds = Traits(rawValue: 64)
        /// A letter that is hardly used but to look like another: Lisu, Cherokee, mathematical signs.
        static let exotic = Traits(rawValue: 128)
        /// A Latin letter upside down.
        static let upsideDown = Traits(rawValue: 256)
        /// A picture or sign that can cover a letter.
        static let blot = Traits(rawValue: 512)
        /// A letter or a mark in one.
        static let letter = Traits(rawValue: 1024)
        /// A letter of a script that is written without blanks.
        static let unspaced = Traits(rawValue: 2048)
        /// One of the letters of a language that is written with this alphabet.
        static let everyday = Traits(rawValue: 4096)
        /// The form without accents is another than the one with.
        static let plainDiffers = Traits(rawValue: 8192)
        /// The exact form is another than the folded one.
        static let exactDiffers = Traits(rawValue: 16384)
        /// Folded, it is a Latin letter.
        static let latin = Traits(rawValue: 32768)
        /// Not itself in any of the three forms.
        static let changes = Traits(rawValue: 65536)
        static let hangul = Traits(rawValue: 131072)
    }

    struct Entry {
        var traits: Traits = []
        /// The Latin letter, or `1` for what may be an i or an l.
        var look: UInt8 = 0
        /// The Latin letter when the text is turned upside down.
        var flipped: UInt8 = 0
        /// In any case, as Unicode composes it; nothing else is changed.
        var exact: [UInt8] = []
        /// Compatible shapes as one, accents kept.
        var marked: [UInt8] = []
        /// Without accents.
        var plain: [UInt8] = []
    }

    static let shared = FoldTable()
    /// A character that stands for more than this many is left as it is: a ligature of eighteen letters hides no word.
    private static let longestForm = 8

    // Made once and never freed; read by all threads.
    nonisolated(unsafe) private let allTraits: UnsafePointer<UInt32>
    nonisolated(unsafe) private let looks: UnsafePointer<UInt8>
    nonisolated(unsafe) private let flips: UnsafePointer<UInt8>
    /// For each entry its three forms, as an offset into ``letters`` and a length.
    nonisolated(unsafe) private let forms: UnsafePointer<UInt32>
    nonisolated(unsafe) private let letters: UnsafePointer<UInt8>
    /// For each block of 256 characters where its part of ``indices`` begins.
    nonisolated(unsafe) private let blocks: UnsafePointer<Int32>
    nonisolated(unsafe) private let indices: UnsafePointer<UInt16>

    /// 0 for what is no letter and does not change.
    @inline(__always)
    func index(_ scalar: UInt32) -> Int { Int(indices[Int(blocks[Int(scalar >> 8)]) + Int(scalar & 0xFF)]) }

    @inline(__always)
    func traits(at index: Int) -> Traits { Traits(rawValue: allTraits[index]) }

    @inline(__always)
    func look(at index: Int) -> UInt8 { looks[index] }

    @inline(__always)
    func flipped(at index: Int) -> UInt8 { flips[index] }

    enum Form: Int {
        case exact, marked, plain
    }

    /// What the character becomes; nothing when it is left as it is.
    @inline(__always)
    func form(_ form: Form, at index: Int) -> UnsafeBufferPointer<UInt8> {
        let place = forms[index * 3 + form.rawValue]
        return UnsafeBufferPointer(start: letters + Int(place >> 8), count: Int(place & 0xFF))
    }

    // MARK: Making it

    private init() {
        var maker = Maker()
        maker.gather()
        var letters: [UInt8] = [0]
        var forms: [UInt32] = []
        for entry in maker.entries {
            for form in [entry.exact, entry.marked, entry.plain] {
                forms.append(UInt32(letters.count) << 8 | UInt32(form.count))
                letters += form
            }
        }
        var blocks: [Int32] = []
        // The first block has nothing in it and stands for all such.
        var indices = [UInt16](repeating: 0, count: 256)
        for block in 0..<UInt32(0x1100) {
            if let values = maker.blocks[block] {
                blocks.append(Int32(indices.count))
                indices += values
            } else {
                blocks.append(0)
            }
        }
        allTraits = Self.kept(maker.entries.map(\.traits.rawValue))
        looks = Self.kept(maker.entries.map(\.look))
        flips = Self.kept(maker.entries.map(\.flipped))
        self.forms = Self.kept(forms)
        self.letters = Self.kept(letters)
        self.blocks = Self.kept(blocks)
        self.indices = Self.kept(indices)
    }

    private static func kept<Element>(_ array: [Element]) -> UnsafePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: array.count)
        memory.initialize(from: array, count: array.count)
        return UnsafePointer(memory)
    }

    /// Gathers the table.
    private struct Maker {
        var entries: [Entry] = [Entry()]
        var blocks: [UInt32: [UInt16]] = [:]
        /// Entries that many characters share: those that do not change.
        private var shared: [UInt32: UInt16] = [:]

        private var letters = Scalars("[:Alphabetic:]")
        private let marks = Scalars("[:M:]")
        private let accents = Scalars(
            "[[:Mn:][:Me:]&[[:Script=Inherited:][:Script=Common:][:Latin:][:Greek:][:Cyrillic:]]-[\\u3099\\u309A]]")
        private let points = Scalars(
            "[[[:Mn:]&[[:Arabic:][:Hebrew:][:Syriac:]]][\\u0610-\\u061A\\u064B-\\u065F\\u0670\\u06D6-\\u06ED\\u0640][:ccc=7:]]"
        )
        private let ignorable = Scalars("[[:Default_Ignorable_Code_Point:][:Cf:]]")
        private let combining = Scalars("[:NFC_Quick_Check=Maybe:]")
        private let latin = Scalars("[[:Latin:]-[a-zA-Z]]")
        private let alphabets = Scalars("[[[:Cyrillic:][:Greek:][:Armenian:][:Coptic:][:Georgian:]]&[:L:]]")
        private let exotic = Scalars(
            "[[[:Cherokee:][:Lisu:][:Tifinagh:][:Runic:][:Old_Italic:][:Gothic:][:Deseret:][:Canadian_Aboriginal:][:Vai:][:Bamum:]]&[:L:]]"
        )
        private let unspaced = Scalars(
            "[[[:Han:][:Hiragana:][:Katakana:][:Thai:][:Lao:][:Khmer:][:Myanmar:]]&[:L:]]")
        private let hangul = Scalars("[[:Hangul:]&[:L:]]")
        private let changing = Scalars("[:Changes_When_NFKC_Casefolded:]")
        private let blots = Scalars("[[:So:][:Emoji_Presentation:][\\u2022\\u2217\\u2731\\u203B]]")

        mutating func gather() {
            var all: Set<UInt32> = []
            for set in [letters, marks, ignorable, combining, changing, blots, latin] { all.formUnion(set.values) }
            for set in [Scalars("[[:White_Space:][:Pd:]-[\\u0000-\\u007F]]")] { all.formUnion(set.values) }
            for shape in LetterShapes.table.keys { all.insert(shape.value) }
            for scalar in LetterShapes.signs.keys { all.insert(scalar.value) }
            for scalar in LetterShapes.upsideDown.keys { all.insert(scalar.value) }
            for value in all where value >= 0x80 { add(value) }
        }

        private mutating func add(_ value: UInt32) {
            guard let scalar = Unicode.Scalar(value) else { return }
            var entry = Entry()
            if letters.contains(value) || marks.contains(value) { entry.traits.insert(.letter) }
            if ignorable.contains(value) { entry.traits.insert([.ignorable, .changes]) }
            if combining.contains(value) { entry.traits.insert([.combines, .changes]) }
            if accents.contains(value) { entry.traits.insert([.accent, .changes, .plainDiffers]) }
            if points.contains(value) { entry.traits.insert([.point, .changes, .exactDiffers]) }
            if unspaced.contains(value) { entry.traits.insert([.unspaced, .letter]) }
            if hangul.contains(value) { entry.traits.insert([.hangul, .letter]) }
            if blots.contains(value) { entry.traits.insert(.blot) }
            fold(scalar, &entry)
            addLook(scalar, &entry)
            if let flipped = LetterShapes.upsideDown[scalar] {
                entry.flipped = flipped
                entry.traits.insert(.upsideDown)
            }
            let form = String(decoding: entry.marked, as: UTF8.self).unicodeScalars
            if form.count == 1, let first = form.first, combining.contains(first.value) {
                entry.traits.insert(.combines)
            }
            if let first = entry.plain.first, TextTraits.isLetter(first) { entry.traits.insert([.latin, .letter]) }
            set(value, entry)
        }

        private mutating func set(_ value: UInt32, _ entry: Entry) {
            let block = value >> 8
            if blocks[block] == nil { blocks[block] = [UInt16](repeating: 0, count: 256) }
            let index: UInt16
            if !entry.traits.contains(.changes), entry.look == 0, entry.flipped == 0 {
                let key = entry.traits.rawValue
                if let known = shared[key] {
                    index = known
                } else {
                    index = UInt16(entries.count)
                    entries.append(Entry(traits: entry.traits))
                    shared[key] = index
                }
            } else {
                index = UInt16(min(entries.count, Int(UInt16.max)))
                if entries.count < Int(UInt16.max) { entries.append(entry) }
            }
            blocks[block]?[Int(value & 0xFF)] = index
        }

        private func fold(_ scalar: Unicode.Scalar, _ entry: inout Entry) {
            guard !entry.traits.contains(.ignorable) else { return }
            let text = String(scalar)
            let properties = scalar.properties
            if properties.isWhitespace {
                let blank = scalar == "\u{2028}" || scalar == "\u{2029}" || scalar == "\u{85}" ? "\n" : " "
                return set(&entry, scalar, exact: blank, marked: blank, plain: blank)
            }
            if properties.generalCategory == .dashPunctuation {
                return set(&entry, scalar, exact: "-", marked: "-", plain: "-")
            }
            if let sign = LetterShapes.signs[scalar] {
                return set(&entry, scalar, exact: text, marked: sign, plain: sign)
            }
            let exact = TextForm.casefold.applied(to: text).flatMap { TextForm.nfc.applied(to: $0) } ?? text
            guard changes(scalar) || entry.traits.contains(.accent) || entry.traits.contains(.point) else { return }
            var marked = TextForm.nfkcCasefold.applied(to: text) ?? text
            if marked.unicodeScalars.count > FoldTable.longestForm { marked = text }
            marked = shaped(marked)
            var plain = marked
            if !LetterShapes.lettersWithMarks.contains(scalar), !LetterShapes.lettersWithMarks.contains(first(exact)) {
                plain = unmarked(marked)
            }
            if latin.contains(scalar.value), !plain.utf8.allSatisfy({ $0 < 0x80 }),
                let look = TextForm.skeleton.applied(to: plain).map({ shaped(unmarked($0.lowercased())) }),
                !look.isEmpty, look.utf8.allSatisfy(TextTraits.isLetter)
            {
                plain = look == "rn" ? "m" : look
            }
            // Points are no part of a word in any reading but the exact one.
            if hasPoints(exact) || ["ё", "Ё"].contains(text) {
                marked = plain
            }
            set(&entry, scalar, exact: exact, marked: marked, plain: plain)
        }

        private func first(_ text: String) -> Unicode.Scalar { text.unicodeScalars.first ?? "\0" }

        /// Whether any of the three forms can be another than the character: what is asked of ICU is asked for these only.
        private func changes(_ scalar: Unicode.Scalar) -> Bool {
            changing.contains(scalar.value) || latin.contains(scalar.value) || LetterShapes.table[scalar] != nil
                || scalar.properties.isLowercase && scalar.value < 0x2000 || scalar.properties.isCased
                || scalar.value < 0x0700 || (0x1D00..<0x2200).contains(scalar.value)
        }

        private func hasPoints(_ text: String) -> Bool {
            text.unicodeScalars.first.map { (0x0590..<0x0700).contains($0.value) || $0.value >= 0xFB1D } ?? false
        }

        private func shaped(_ text: String) -> String {
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

        private func unmarked(_ text: String) -> String {
            let parts = TextForm.nfd.applied(to: text) ?? text
            var kept = String.UnicodeScalarView()
            for scalar in parts.unicodeScalars where !accents.contains(scalar.value) && !points.contains(scalar.value) {
                kept.append(LetterShapes.strokes[scalar] ?? scalar)
            }
            return TextForm.nfc.applied(to: String(kept)) ?? text
        }

        private func set(
            _ entry: inout Entry, _ scalar: Unicode.Scalar, exact: String, marked: String, plain: String
        ) {
            let own = Array(String(scalar).utf8)
            entry.exact = Array(exact.utf8)
            entry.marked = Array(marked.utf8)
            entry.plain = Array(plain.utf8)
            if entry.exact != own || entry.marked != own || entry.plain != own { entry.traits.insert(.changes) }
            if entry.exact != entry.marked { entry.traits.insert(.exactDiffers) }
            if entry.plain != entry.marked { entry.traits.insert(.plainDiffers) }
        }

        private func addLook(_ scalar: Unicode.Scalar, _ entry: inout Entry) {
            let isExotic = exotic.contains(scalar.value)
            guard isExotic || alphabets.contains(scalar.value) else { return }
            entry.traits.insert(isExotic ? [.foreign, .exotic] : .foreign)
            if LetterShapes.everyday.contains(first(scalar.properties.lowercaseMapping)) {
                entry.traits.insert(.everyday)
            }
            if let look = look(scalar) ?? (isExotic ? nil : look(first(scalar.properties.lowercaseMapping))) {
                entry.look = look
                entry.traits.insert(.lookAlike)
            } else if let look = LetterShapes.reminders[scalar]
                ?? LetterShapes.reminders[first(scalar.properties.lowercaseMapping)]
            {
                entry.look = look
                entry.traits.insert(.reminds)
            }
        }

        /// The Latin letter that Unicode says a character looks like.
        private func look(_ scalar: Unicode.Scalar) -> UInt8? {
            if let letter = LetterShapes.lookAlikes[scalar] { return UInt8(letter.value) }
            guard let skeleton = TextForm.skeleton.applied(to: String(scalar)) else { return nil }
            // A stroke is what capitals of i and both small letters look like.
            if ["l", "I", "|"].contains(skeleton) {
                return scalar.properties.isLowercase ? UInt8(ascii: "l") : UInt8(ascii: "1")
            }
            let plain = shaped(unmarked(skeleton.lowercased()))
            if plain == "rn" { return UInt8(ascii: "m") }
            guard plain.utf8.count == 1, let byte = plain.utf8.first, TextTraits.isLetter(byte) else { return nil }
            return byte
        }
    }

    /// A set of characters that answers quickly.
    private struct Scalars {
        let values: Set<UInt32>

        init(_ pattern: String) {
            var values: Set<UInt32> = []
            for range in CharacterFacts.ranges(of: pattern) ?? [] { values.formUnion(range) }
            self.values = values
        }

        func contains(_ value: UInt32) -> Bool { values.contains(value) }
    }
}
