/// The words of a text in which letters of one alphabet may stand for those of another.
struct ForeignWords {
    private struct Group {
        var range: Range<Int>
        var letters = 0
        /// Letters that stand apart are looked at together.
        var isApart = false
        var hasLatin = false
        var hasDigit = false
        var hasForeign = false
        /// A foreign letter that looks like no Latin one.
        var hasOther = false
        var hasUncommon = false
        var hasOrdinary = false
        var isCyrillic = false

        mutating func join(_ other: Group) {
            range = range.lowerBound..<other.range.upperBound
            letters += other.letters
            isApart = true
            hasLatin = hasLatin || other.hasLatin
            hasDigit = hasDigit || other.hasDigit
            hasForeign = hasForeign || other.hasForeign
            hasOther = hasOther || other.hasOther
            hasUncommon = hasUncommon || other.hasUncommon
            hasOrdinary = hasOrdinary || other.hasOrdinary
            isCyrillic = isCyrillic || other.isCyrillic
        }
    }

    private struct Word {
        let range: Range<Int>
        let isLatin: Bool
        let isCyrillic: Bool
    }

    private let words: [Word]
    /// Whether some word is to be read with Latin letters, and some with Cyrillic ones.
    let hasLatin: Bool
    let hasCyrillic: Bool

    /// Nil when nothing in the text is suspicious.
    init?(_ source: Reading) {
        let groups = Self.groups(source)
        guard groups.contains(where: \.hasForeign) else { return nil }
        let hasLatinText = groups.contains { $0.hasLatin && !$0.hasForeign && $0.letters > 1 }
        // A word in letters that look like no Latin ones: the text is in that language.
        let isSurelyForeign = groups.contains { $0.hasForeign && !$0.hasLatin && $0.hasOther && $0.hasOrdinary }
        words = groups.compactMap { group in
            guard group.hasForeign else { return nil }
            let isWhole =
                !group.hasOther
                && (!group.hasOrdinary || !isSurelyForeign && (hasLatinText || group.hasUncommon))
            let isLatin = group.hasLatin || isWhole
            let isCyrillic = group.isCyrillic && (group.hasLatin || group.hasDigit)
            return isLatin || isCyrillic ? Word(range: group.range, isLatin: isLatin, isCyrillic: isCyrillic) : nil
        }
        hasLatin = words.contains(where: \.isLatin)
        hasCyrillic = words.contains(where: \.isCyrillic)
        guard !words.isEmpty else { return nil }
    }

    private static func groups(_ source: Reading) -> [Group] {
        let table = FoldTable.shared
        var groups: [Group] = []
        var current: Group?
        var gap = 0
        var gapBefore = 0
        func close() {
            guard var group = current else { return }
            current = nil
            group.isApart = group.letters == 1
            if group.isApart, let last = groups.last, last.isApart, gapBefore <= SpacedLetters.longestGap {
                groups[groups.count - 1].join(group)
            } else {
                groups.append(group)
            }
        }
        let bytes = source.bytes
        var index = 0
        while index < bytes.count {
            let (value, length) = Reading.scalar(bytes, index)
            defer { index += length }
            var group = current ?? Group(range: index..<index)
            guard add(value, to: &group, table) else {
                close()
                gap += 1
                continue
            }
            if current == nil { gapBefore = gap }
            gap = 0
            group.range = group.range.lowerBound..<index + length
            current = group
        }
        close()
        return groups
    }

    /// Adds a character to its word; false when it ends words.
    private static func add(_ value: UInt32, to group: inout Group, _ table: FoldTable) -> Bool {
        if value < 0x80 {
            let byte = UInt8(value)
            if Signs.isLetter(byte) {
                group.hasLatin = true
                group.hasOrdinary = true
            } else if Leet.isElement(byte) || (0x30...0x39).contains(byte) {
                group.hasDigit = true
            } else {
                return false
            }
            group.letters += 1
            return true
        }
        let traits = table.traits(of: value)
        if traits.contains(.foreign) {
            group.hasForeign = true
            if !traits.contains(.exotic) { group.hasOrdinary = true }
            if !traits.contains(.lookAlike) { group.hasOther = true }
            if !traits.contains(.everyday), !traits.contains(.exotic) { group.hasUncommon = true }
            if (0x0400..<0x0530).contains(value) { group.isCyrillic = true }
        } else if traits.contains(.latin) {
            group.hasLatin = true
            group.hasOrdinary = true
        } else {
            return traits.contains(.ignorable) || traits.contains(.accent)
        }
        group.letters += 1
        return true
    }

    /// The number of the word at or behind `index`, from that of an earlier place on.
    @inline(__always)
    func next(_ word: Int, at index: Int) -> Int {
        var word = word
        while word < words.count, words[word].range.upperBound <= index { word += 1 }
        return word
    }

    /// Whether the letter at `index` is to be read as one of the form's alphabet.
    @inline(__always)
    func counts(_ word: Int, at index: Int, as form: Folding.Form) -> Bool {
        guard word < words.count, words[word].range.contains(index) else { return false }
        return form == .cyrillic ? words[word].isCyrillic : words[word].isLatin
    }
}
