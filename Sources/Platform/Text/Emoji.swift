/// Emoji in their one form, whatever they are called or however they are spelled.
///
/// One form means: fully qualified as Unicode lists it (❤️ with its selector, 👍 without), the tones where Unicode allows
/// them, and never a short name. Tones are kept: 👍🏽 is another than 👍, as in Slack.
package enum Emoji {
    /// Bytes of the longest that is looked at; the longest emoji has 35, the longest name 60.
    package static let maximumBytes = 128

    /// The one form of `text`: an emoji with or without its selectors, or a short name with or without colons.
    ///
    /// Names are those of Slack, GitHub, Discord and CLDR, in any case: `thumbsup`, `:+1:`, `:+1::skin-tone-3:`,
    /// `wave_tone2`, `flag-de`.
    ///
    /// - Returns: Nil when it is no emoji.
    package static func canonical(_ text: String) -> String? {
        guard (1...maximumBytes).contains(text.utf8.count) else { return nil }
        return text.utf8.allSatisfy { $0 < 0x80 } && !isKeycapBase(text) ? named(text) : spelled(text)
    }

    /// Every text that means an emoji and is not its one form, with that form: names, and spellings without selectors.
    ///
    /// For what was stored before there was one form; without tones.
    package static var otherForms: [(form: String, emoji: String)] {
        let table = EmojiIndex.shared
        return table.names.map { ($0.key, table.emoji($0.value)) }
            + table.entries.values.filter { !$0.isToneRequired }.compactMap { entry in
                let bare = String(String.UnicodeScalarView(entry.scalars.filter { $0 != EmojiIndex.selector }))
                let full = entry.emoji
                // Swift holds canonically equal texts for equal, and these are not: bytes are compared.
                return bare.utf8.elementsEqual(full.utf8) ? nil : (bare, full)
            }
    }

    /// A digit, `#` or `*` alone is no name: it may be the beginning of a keycap, and is nothing by itself.
    private static func isKeycapBase(_ text: String) -> Bool { text.utf8.count == 1 && "0123456789#*".contains(text) }

    // MARK: Spelled out

    private static func spelled(_ text: String) -> String? {
        var key: [Unicode.Scalar] = []
        // Behind which scalars of the key a tone stands.
        var tones: [Int: Unicode.Scalar] = [:]
        for scalar in text.unicodeScalars {
            switch scalar {
            case EmojiIndex.selector, "\u{FE0E}": continue
            case EmojiIndex.tones:
                guard !key.isEmpty, tones.updateValue(scalar, forKey: key.count - 1) == nil else { return nil }
            default: key.append(scalar)
            }
        }
        guard let entry = EmojiIndex.shared.entries[String(String.UnicodeScalarView(key))] else { return nil }
        return spell(entry, tones)
    }

    private static func spell(_ entry: EmojiIndex.Entry, _ tones: [Int: Unicode.Scalar]) -> String? {
        guard !tones.isEmpty else { return entry.isToneRequired ? nil : entry.emoji }
        guard Set(tones.keys) == Set(entry.tonePlaces) else { return nil }
        var result = String.UnicodeScalarView()
        var index = -1
        for scalar in entry.scalars {
            if scalar == EmojiIndex.selector {
                // A tone takes the place of the selector.
                if tones[index] == nil { result.append(scalar) }
                continue
            }
            index += 1
            result.append(scalar)
            if let tone = tones[index] { result.append(tone) }
        }
        return String(result)
    }

    // MARK: By name

    private static func named(_ text: String) -> String? {
        var name = text[...]
        if name.first == ":" {
            guard name.count > 2, name.last == ":" else { return nil }
            name = name.dropFirst().dropLast()
        }
        var tone: Unicode.Scalar?
        if let colons = name.firstRange(of: "::") {
            guard let found = EmojiIndex.tone(slack: name[colons.upperBound...]) else { return nil }
            tone = found
            name = name[..<colons.lowerBound]
        }
        let form = EmojiIndex.form(name)
        if let entry = EmojiIndex.shared.entry(named: form) { return toned(entry, tone) }
        guard tone == nil, let (base, found) = EmojiIndex.toneSuffix(of: form),
            let entry = EmojiIndex.shared.entry(named: base)
        else { return nil }
        return toned(entry, found)
    }

    private static func toned(_ entry: EmojiIndex.Entry, _ tone: Unicode.Scalar?) -> String? {
        guard let tone else { return entry.emoji }
        guard !entry.tonePlaces.isEmpty else { return nil }
        return spell(entry, Dictionary(uniqueKeysWithValues: entry.tonePlaces.map { ($0, tone) }))
    }
}
