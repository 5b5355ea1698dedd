/// ``EmojiTable`` ready to be asked; read when the first emoji is asked for, which takes some milliseconds once.
struct EmojiIndex: Sendable {
    struct Entry: Sendable {
        /// As Unicode fully qualifies it.
        let emoji: String
        /// Behind which scalars, selectors left out, tones stand when there are any.
        let tonePlaces: [Int]
        /// Whether it is an emoji only with its tones: two people with a tone each.
        let isToneRequired: Bool

        var scalars: String.UnicodeScalarView { emoji.unicodeScalars }
    }

    static let shared = EmojiIndex()
    /// U+FE0F, which asks for the picture instead of the sign.
    static let selector: Unicode.Scalar = "\u{FE0F}"
    /// The five skin tones of Fitzpatrick's scale.
    static let tones: ClosedRange<Unicode.Scalar> = "\u{1F3FB}"..."\u{1F3FF}"

    /// By the scalars without selectors.
    let entries: [String: Entry]
    /// Keys of ``entries`` by the short names.
    let names: [String: String]

    private init() {
        var entries: [String: Entry] = [:]
        var names: [String: String] = [:]
        entries.reserveCapacity(2048)
        names.reserveCapacity(4096)
        let text = EmojiTable.lines.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "))
            var emoji = String.UnicodeScalarView()
            var key = String.UnicodeScalarView()
            for code in fields[0].split(separator: UInt8(ascii: "-")) {
                guard let scalar = UInt32(Substring(code), radix: 16).flatMap(Unicode.Scalar.init) else { continue }
                emoji.append(scalar)
                if scalar != Self.selector { key.append(scalar) }
            }
            let places = fields[1].compactMap { (48...57).contains($0) ? Int($0) - 48 : nil }
            entries[String(key)] = Entry(
                emoji: String(emoji), tonePlaces: places, isToneRequired: fields[1].last == UInt8(ascii: "!"))
            for name in fields.dropFirst(2) { names[String(Substring(name))] = String(key) }
        }
        self.entries = entries
        self.names = names
    }

    func emoji(_ key: String) -> String { entries[key]?.emoji ?? key }

    func entry(named name: String) -> Entry? {
        if let key = names[name] { return entries[key] }
        // Flags have a name by their letters, which Slack and Discord write alike but for the line between.
        guard name.utf8.count == 7, name.hasPrefix("flag_") else { return nil }
        var key = String.UnicodeScalarView()
        for letter in name.utf8.dropFirst(5) {
            guard (97...122).contains(letter), let scalar = Unicode.Scalar(0x1F1E6 + UInt32(letter) - 97) else {
                return nil
            }
            key.append(scalar)
        }
        return entries[String(key)]
    }

    /// As the table writes names: lower case, with lines below instead of hyphens but for one at the beginning (`-1`).
    static func form(_ name: Substring) -> String {
        var form = ""
        for character in name.lowercased() { form.append(character == "-" && !form.isEmpty ? "_" : character) }
        return form
    }

    /// Slack's `skin-tone-2` to `skin-tone-6`.
    static func tone(slack name: Substring) -> Unicode.Scalar? {
        guard name.utf8.count == 11, name.hasPrefix("skin-tone-"), let number = name.utf8.last,
            (50...54).contains(number)
        else { return nil }
        return Unicode.Scalar(0x1F3FB + UInt32(number) - 50)
    }

    private static let toneSuffixes: [(String, Unicode.Scalar)] = [
        ("_tone1", "\u{1F3FB}"), ("_tone2", "\u{1F3FC}"), ("_tone3", "\u{1F3FD}"), ("_tone4", "\u{1F3FE}"),
        ("_tone5", "\u{1F3FF}"), ("_medium_light_skin_tone", "\u{1F3FC}"), ("_medium_dark_skin_tone", "\u{1F3FE}"),
        ("_light_skin_tone", "\u{1F3FB}"), ("_medium_skin_tone", "\u{1F3FD}"), ("_dark_skin_tone", "\u{1F3FF}"),
    ]

    /// A name and the tone that Discord's or CLDR's ending gives it.
    static func toneSuffix(of name: String) -> (base: String, tone: Unicode.Scalar)? {
        for (suffix, tone) in toneSuffixes where name.hasSuffix(suffix) {
            return (String(name.dropLast(suffix.count)), tone)
        }
        return nil
    }
}
