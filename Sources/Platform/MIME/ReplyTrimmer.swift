/// Parts what somebody has just written from the mail that it answers.
///
/// Names every line by one class and then looks at the row of classes: a cut is made where the rest is the other mail
/// to its end. Answers that stand between the quoted lines are left alone. Nothing is lost: what is cut off comes back
/// as `elided`.
package enum ReplyTrimmer {
    private enum Line {
        case empty, text, quote, attribution, original, header, signature, mobile
    }

    /// - Returns: The new text, and what was cut off. `visible` is never empty when `text` holds anything.
    package static func trim(_ text: String) -> (visible: String, elided: String) {
        let lines = text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
        let (kinds, attributionLengths) = classify(lines)
        var end = cut(kinds, attributionLengths)
        while end > 0, [.empty, .mobile].contains(kinds[end - 1]) { end -= 1 }
        // Quotes at the end, without a line that introduces them.
        var bottom = end
        while bottom > 0, [.empty, .quote].contains(kinds[bottom - 1]) { bottom -= 1 }
        if kinds[..<bottom].contains(.text) { end = bottom }
        var start = 0
        if !kinds[..<end].contains(.text) { (start, end) = (0, lines.count) }
        if let below = startBelowQuote(kinds[..<end], attributionLengths) { start = below }
        return (
            visible: join(lines[start..<end]),
            elided: join([lines[..<start], lines[end...]].filter { !join($0).isEmpty }.joined(separator: [""]))
        )
    }

    // MARK: Cutting

    /// The first line from which on everything is the other mail or a signature.
    private static func cut(_ kinds: [Line], _ attributionLengths: [Int: Int]) -> Int {
        let end = cutAtMark(kinds)
        // Counted from the end, so that each line is looked at once: is there text in the lines from here on?
        var hasTextAfter = [Bool](repeating: false, count: end + 1)
        for index in (0..<end).reversed() { hasTextAfter[index] = hasTextAfter[index + 1] || kinds[index] == .text }
        for index in 0..<end where kinds[index] == .attribution {
            guard let length = attributionLengths[index] else { continue }
            var next = index + length
            while next < end, kinds[next] == .empty { next += 1 }
            // Text that follows the quotes is an answer below or between them.
            if next >= end || kinds[next] != .quote || !hasTextAfter[next] { return index }
        }
        return end
    }

    /// The first line that says by itself that what follows is not part of the answer.
    private static func cutAtMark(_ kinds: [Line]) -> Int {
        var headerRow = 0
        for (index, kind) in kinds.enumerated() {
            headerRow = kind == .header ? headerRow + 1 : 0
            if kind == .original || kind == .signature { return index }
            if headerRow >= 3 { return index + 1 - headerRow }
        }
        return kinds.count
    }

    /// Where the text begins when the whole quotation stands above it.
    private static func startBelowQuote(_ kinds: ArraySlice<Line>, _ attributionLengths: [Int: Int]) -> Int? {
        guard let first = kinds.firstIndex(where: { $0 != .empty }), kinds[first] != .text else { return nil }
        guard let text = kinds.firstIndex(of: .text), kinds[..<text].contains(.quote),
            !kinds[text...].contains(.quote)
        else { return nil }
        return text
    }

    private static func join(_ lines: some Sequence<Substring>) -> String {
        var lines = Array(lines)
        while let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
        let start = lines.firstIndex { !$0.allSatisfy(\.isWhitespace) } ?? lines.count
        return lines[start...].joined(separator: "\n")
    }

    // MARK: Naming the lines

    private static let maximumAttributionLines = 4
    /// What is longer was written by no program that introduces a quotation.
    private static let maximumLineBytes = 300

    /// How an attribution begins and what is in it, by language.
    private static let attributions: [(start: String, verb: String)] = [
        ("on ", "wrote"), ("am ", "schrieb"), ("le ", "a écrit"), ("el ", "escribió"), ("il ", "ha scritto"),
        ("op ", "schreef"), ("den ", "skrev"), ("em ", "escreveu"), ("w dniu ", "napisał"), ("dnia ", "napisał"),
        ("vào ", "đã viết"), ("pada ", "menulis"), ("от ", "написал"),
    ]
    private static let originals = [
        "original message", "ursprüngliche nachricht", "message d'origine", "mensaje original", "messaggio originale",
        "oorspronkelijk bericht", "mensagem original", "ursprungligt meddelande", "reply message", "исходное сообщение",
    ]
    private static let headers: Set<String> = [
        "from", "sent", "to", "cc", "subject", "date", "reply-to", "von", "gesendet", "an", "betreff", "datum", "de",
        "envoyé", "à", "objet", "enviado", "para", "asunto", "da", "inviato", "a", "oggetto", "van", "verzonden",
        "aan", "onderwerp",
    ]
    private static let mobiles = [
        "sent from my ", "sent from mail for ", "get outlook for ", "von meinem ", "gesendet von ", "envoyé de mon ",
        "enviado desde mi ", "inviato da ", "verstuurd vanaf ", "skickat från ",
    ]

    private static func classify(_ lines: [Substring]) -> ([Line], attributionLengths: [Int: Int]) {
        var kinds: [Line] = []
        kinds.reserveCapacity(lines.count)
        var lengths: [Int: Int] = [:]
        var isFenced = false
        var index = 0
        while index < lines.count {
            let line = lines[index]
            if line.hasPrefix("```") { isFenced.toggle() }
            if !isFenced, let length = attributionLength(lines, at: index) {
                lengths[index] = length
                kinds += Array(repeating: .attribution, count: length)
                index += length
                continue
            }
            kinds.append(isFenced ? .text : kind(line))
            index += 1
        }
        return (kinds, lengths)
    }

    private static func kind(_ line: Substring) -> Line {
        let start = line.drop { $0.isWhitespace }
        if start.isEmpty { return .empty }
        if start.first == ">" { return .quote }
        if line == "-- " || line == "--" { return .signature }
        guard line.utf8.count <= maximumLineBytes else { return .text }
        let lower = start.lowercased()
        if lower.hasPrefix("-"), lower.drop(while: { $0 == "-" || $0 == " " }).count < lower.count - 1,
            originals.contains(where: lower.contains)
        {
            return .original
        }
        if mobiles.contains(where: lower.hasPrefix) { return .mobile }
        let name = lower.prefix { $0 != ":" }.filter { $0 != "*" }
        if name.count < lower.count, headers.contains(name.trimmingSpaces) { return .header }
        return .text
    }

    /// How many lines the attribution that begins at `index` takes; nil when none does.
    private static func attributionLength(_ lines: [Substring], at index: Int) -> Int? {
        let first = lines[index].prefix(16).drop { $0.isWhitespace }.lowercased()
        guard let candidate = attributions.first(where: { first.hasPrefix($0.start) }) else { return nil }
        var joined = ""
        for offset in 0..<maximumAttributionLines where index + offset < lines.count {
            let line = lines[index + offset]
            guard line.utf8.count <= maximumLineBytes, line.contains(where: { !$0.isWhitespace }) else { return nil }
            joined += (offset == 0 ? "" : " ") + line.lowercased().trimmingSpaces
            // A date or an address is in it; "On the whole I wrote:" has neither.
            if joined.hasSuffix(":") {
                let isPlausible = joined.contains(where: \.isNumber) || joined.contains("@")
                return isPlausible && joined.contains(candidate.verb) ? offset + 1 : nil
            }
        }
        return nil
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String {
        var text = Substring(self).drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
