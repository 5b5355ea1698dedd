/// The lines by which programs introduce a quotation: `On 20 Nov 2026, Ada <ada@example.org> wrote:`.
enum Attribution {
    static let maximumLines = 4
    /// What is longer was written by no program that introduces a quotation.
    static let maximumLineBytes = 400
    private static let maximumWords = 40

    /// Where the attribution begins that ends with the line `last`; nil when none does.
    ///
    /// It needs an address with a date, or one of the two with a word for writing; so it is known in any language whose
    /// programs write both, and `On the whole I wrote:` is none.
    static func start(_ lines: [Substring], endingAt last: Int, isPossible: (Int) -> Bool) -> Int? {
        guard lines[last].utf8.count <= maximumLineBytes, isPossible(last), mayEnd(lines[last]) else { return nil }
        let end = clean(lines[last])
        let isOldGmail = isISODate(end) && !end.hasSuffix(":")
        guard end.hasSuffix(":") || end.hasSuffix("：") || isOldGmail else { return nil }
        var joined = ""
        var found: Int?
        var first = last
        while true {
            let line = clean(lines[first])
            joined = joined.isEmpty ? line : line + " " + joined
            if isAttribution(joined), isBeginning(line, isWhole: first == last) { found = first }
            guard !isOldGmail, first > 0, last - first < maximumLines - 1, isPossible(first - 1),
                lines[first - 1].utf8.count <= maximumLineBytes
            else { return found }
            let above = clean(lines[first - 1])
            // A sentence that ends above is no part of it; `г.` and `a.m.` are no ends.
            if above.isEmpty || above.hasSuffix("!") || above.hasSuffix("?") || above.hasSuffix(":") { return found }
            if above.hasSuffix("."), above.split(separator: " ").last.map({ $0.count > 5 }) == true { return found }
            first -= 1
        }
    }

    /// Whether the last bytes of a line could be an attribution's; told without making a text of it.
    private static func mayEnd(_ line: Substring) -> Bool {
        let end = line.utf8.reversed().first { $0 != 0x20 && $0 != 0x09 && $0 != 0x2A }
        // A colon, the end of a wide one or of a mark of direction, or a line that begins with a year.
        return end == 0x3A || (end ?? 0) >= 0x80 || line.utf8.first.map { (0x30...0x39).contains($0) } == true
    }

    /// Whether the words after which nothing is quoted say by themselves that the rest is another mail.
    static func isStrong(_ text: String) -> Bool {
        let text = clean(text[...])
        let words = text.lowercased()
        if isISODate(text) { return true }
        let body = text.hasSuffix(":") || text.hasSuffix("：") ? text.dropLast().trimmingSpaces : text
        if hasAngleAddress(text), DateEvidence.isIn(text), DateEvidence.hasTime(in: text) { return true }
        if hasAngleAddress(text), body.hasSuffix(">"), DateEvidence.isIn(text) { return true }
        let said = words.dropLast().trimmingSpaces
        return verbs.contains { said.hasSuffix($0) || hasAngleAddress(text) && words.contains($0) }
    }

    private static func isAttribution(_ text: String) -> Bool {
        guard text.split(separator: " ").count <= maximumWords, !isListItem(text) else { return false }
        if isISODate(text) { return true }
        let lower = text.lowercased()
        let hasVerb = verbs.contains(where: lower.contains)
        let hasDate = DateEvidence.isIn(text)
        return hasDate ? hasAngleAddress(text) || hasVerb : hasVerb && hasAngleAddress(text)
    }

    private static func isBeginning(_ line: String, isWhole: Bool) -> Bool {
        isWhole || DateEvidence.isIn(line) || hasAngleAddress(line) && !line.hasPrefix("<")
    }

    private static func isListItem(_ text: String) -> Bool {
        guard let first = text.first else { return true }
        return ("-*•–".contains(first) && text.dropFirst().first == " ") || first == "#"
    }

    /// `2016-03-03 17:21 GMT+01:00 Some One`, as Gmail wrote for some years.
    private static func isISODate(_ text: String) -> Bool {
        let bytes = Array(text.utf8.prefix(22))
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[13] == 0x3A else { return false }
        return text.dropFirst(16).hasPrefix(" GMT")
    }

    /// An address in brackets, or in parentheses as Finnish programs write it.
    static func hasAngleAddress(_ text: some StringProtocol) -> Bool {
        var rest = Substring(text)
        while let open = rest.firstIndex(where: { $0 == "<" || $0 == "(" || $0 == "[" }) {
            let inside = rest[rest.index(after: open)...].prefix { !">)]<([".contains($0) }
            let address = inside.hasPrefix("mailto:") ? inside.dropFirst(7) : inside
            let parts = address.filter { !$0.isWhitespace && !isInvisible($0) }.split(separator: "@")
            if parts.count == 2, parts[1].contains(".") || parts[1].count > 2 { return true }
            rest = inside.endIndex < rest.endIndex ? rest[inside.endIndex...].dropFirst() : ""
        }
        return false
    }

    /// Without spaces at the ends, marks of emphasis, and the marks of direction that Hebrew and Arabic bring.
    static func clean(_ line: Substring) -> String {
        var text = line.trimmingSpaces
        if text.unicodeScalars.contains(where: { $0.value >= 0x200B }) {
            text = String(text.filter { !isInvisible($0) })
        }
        if text.hasPrefix("*"), text.hasSuffix("*"), text.count > 2 { text = String(text.dropFirst().dropLast()) }
        return text.trimmingSpaces
    }

    private static func isInvisible(_ character: Character) -> Bool {
        character.unicodeScalars.allSatisfy {
            $0.properties.generalCategory == .format || $0.value == 0xFEFF
        }
    }

    /// Words for writing, for attributions that lack an address or a date.
    private static let verbs = [
        "wrote", "writes", "schrieb", "a écrit", "écrivait", "escribió", "escribio", "escreveu", "ha scritto",
        "scrisse",
        "schreef", "geschreven", "skrev", "skreiv", "kirjoitti", "skrifaði", "napisał", "pisze", "napsal", "napísal",
        "написал", "пишет", "написав", "пише", "написа", "напісаў", "napisao", "napisala", "je napisao", "zapisal",
        "je pisal", "a scris", "έγραψε", "yazdı", "írta", "kirjutas", "rakstīja", "rašė", "va escriure", "idatzi",
        "escribiu", "menulis", "đã viết", "เขียนว่า", "כתב", "כתבה", "كتب", "كتابة", "نوشت", "ने लिखा", "लिहिले", "লিখেছেন",
        "எழுதியது",
        "写道", "寫道", "写到", "書きました", "のメール", "작성", "님이 쓴", "sulat ni", "aliandika", "scripsit",
    ]
}
