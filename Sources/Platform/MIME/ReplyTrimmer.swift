/// Parts what somebody has just written from the mail that it answers.
///
/// A cut needs evidence: quote marks, an attribution with a date or an address, or the head of another mail in a mail
/// that says by its own head that it is an answer. Answers that stand between the quoted lines are left alone. Nothing
/// is lost: what is cut off comes back as `elided`.
package struct ReplyTrimmer {
    /// What a mail's head says about the mail.
    package enum Kind: Sendable {
        case answer, forward
        /// Neither an answer nor a forward, by its head: another mail in it may be what it is about.
        case fresh
        /// Nothing is known but the text.
        case unknown
    }

    private let lines: [Substring]
    private let kind: Kind
    private var kinds: [MailLine]
    /// How many lines the attribution has that begins here.
    private var attributions: [Int: Int] = [:]
    private var isKept: [Bool]
    /// The last line above a signature that somebody wrote here.
    private var lastText = -1

    /// - Returns: The new text, and what was cut off. `visible` is never empty when `text` holds anything.
    package static func trim(_ text: String, _ kind: Kind = .unknown) -> (visible: String, elided: String) {
        var trimmer = ReplyTrimmer(text, kind)
        return trimmer.trim()
    }

    private init(_ text: String, _ kind: Kind) {
        lines = PlainLines.split(PlainLines.normalized(text))
        self.kind = kind
        isKept = Array(repeating: true, count: lines.count)
        kinds = []
        kinds.reserveCapacity(lines.count)
        var isFenced = false
        for line in lines {
            if line.hasPrefix("```") { isFenced.toggle() }
            kinds.append(isFenced ? .code : MailLine.kind(of: line))
        }
        findAttributions()
    }

    private mutating func findAttributions() {
        var last = 0
        for index in lines.indices where index >= last {
            guard kinds[index] == .text else { continue }
            let found = Attribution.start(lines, endingAt: index) { $0 >= last && kinds[$0] == .text }
            guard let start = found else { continue }
            attributions[start] = index + 1 - start
            last = index + 1
        }
        let end = withoutSignature(lines.count)
        var index = 0
        while index < end {
            if let length = attributions[index] {
                index += length
                continue
            }
            if isTextual(index) { lastText = index }
            index += 1
        }
    }

    private func isHeader(_ index: Int) -> Bool { if case .header = kinds[index] { true } else { false } }

    private func isTextual(_ index: Int) -> Bool {
        kinds[index] == .text || kinds[index] == .code || isHeader(index)
    }

    private mutating func trim() -> (visible: String, elided: String) {
        let first = kinds.firstIndex { $0 != .empty } ?? 0
        var end = cutEnd(from: first)
        end = withoutTail(end)
        for index in end..<lines.count { isKept[index] = false }
        trimStart(first, end)
        let kept = lines.indices.filter { isKept[$0] }
        // What holds nothing but another's words is shown whole.
        guard kept.contains(where: { isTextual($0) || kinds[$0] == .mobile }) else {
            return (visible: Self.join(lines), elided: "")
        }
        let cut = lines.indices.filter { !isKept[$0] }
        return (visible: Self.join(kept.map { lines[$0] }), elided: Self.join(separated(cut)))
    }

    /// The lines that were cut, with an empty one between those that did not follow one another.
    private func separated(_ cut: [Int]) -> [Substring] {
        var result: [Substring] = []
        var previous: Int?
        for index in cut {
            if let previous, index > previous + 1, result.last?.isEmpty == false { result.append("") }
            result.append(lines[index])
            previous = index
        }
        return result
    }

    // MARK: The end

    /// The first line from which on everything is another mail or a signature.
    private mutating func cutEnd(from first: Int) -> Int {
        var end = lines.count
        var hasText = false
        var index = first
        while index < end {
            if let length = attributions[index] {
                if isCut(attribution: index, length, hasText: hasText) { return index }
                // Answers follow between the quoted lines, or nothing was said above.
                let text = lines[index..<(index + length)].joined(separator: " ")
                if nextLine(index + length).map({ kinds[$0] == .quote }) == true
                    || !hasText && kind != .fresh && Attribution.isStrong(text)
                {
                    for line in index..<(index + length) { isKept[line] = false }
                }
                index += length
                continue
            }
            switch kinds[index] {
            case .forward where isForward(index): return lines.count
            case .original where hasText && isOriginal(index): return index
            case .header(kind: .from) where hasText && isHead(index): return index
            case .signature where hasText && isSignature(index): end = index
            case .text, .code, .header: hasText = true
            default: break
            }
            index += 1
        }
        return end
    }

    private func nextLine(_ index: Int) -> Int? { kinds[min(index, lines.count)...].firstIndex { $0 != .empty } }

    private func isCut(attribution index: Int, _ length: Int, hasText: Bool) -> Bool {
        guard hasText, kind != .forward else { return false }
        guard let next = nextLine(index + length) else { return kind != .fresh }
        if kinds[next] == .quote {
            // Text that follows the quotes is an answer below or between them.
            return next > lastText
        }
        let text = lines[index..<(index + length)].joined(separator: " ")
        return kind != .fresh && Attribution.isStrong(text)
    }

    private func isForward(_ index: Int) -> Bool {
        guard let next = nextLine(index + 1) else { return false }
        return isHeader(next) || Attribution.hasAngleAddress(lines[next])
    }

    private func isOriginal(_ index: Int) -> Bool {
        guard kind != .forward else { return false }
        return kind != .fresh || nextLine(index + 1).map { kinds[$0] == .quote } == true
    }

    /// Whether the head of another mail begins here, as Outlook puts it above what is answered.
    private func isHead(_ index: Int) -> Bool {
        guard kind == .answer || kind == .unknown else { return false }
        var found: [MailLine.HeaderKind] = []
        var hasEvidence = false
        var line = index
        var passed = 0
        while line < lines.count, line < index + 14 {
            if case .header(let kind) = kinds[line] {
                found.append(kind)
                passed = 0
                hasEvidence = hasEvidence || Attribution.hasAngleAddress(lines[line]) || lines[line].contains("@")
                if kind == .date {
                    hasEvidence = hasEvidence || DateEvidence.isIn(lines[line]) && DateEvidence.hasTime(in: lines[line])
                    hasEvidence = hasEvidence || DateEvidence.isIn(lines[line]) && found.count == 2
                }
            } else if kinds[line] == .empty, passed == 0 {
                // Some programs leave a line free between two of them.
                passed += 1
            } else if isTextual(line), passed == 0, lines[line].first?.isWhitespace == true || found.last != .from {
                // A list of recipients that went on.
                passed += 1
            } else {
                break
            }
            line += 1
        }
        let hasTitle = found.contains { $0 == .subject || $0 == .to }
        return found.count >= 3 && hasTitle && found.contains { $0 == .date } && hasEvidence
    }

    /// A signature is short; what is long below two hyphens was written by somebody.
    private func isSignature(_ index: Int) -> Bool {
        let limit = lines[index] == "--" ? 12 : 25
        var count = 0
        for line in (index + 1)..<max(index + 1, min(lines.count, index + 1 + Self.longestSignature)) {
            if attributions[line] != nil || kinds[line] == .quote || kinds[line] == .original { return true }
            if isTextual(line) { count += 1 }
            if count > limit { return false }
        }
        return index + 1 + Self.longestSignature >= lines.count
    }

    private static let longestSignature = 80

    /// The end without a signature, empty lines and quotes above it.
    private func withoutSignature(_ end: Int) -> Int {
        guard let mark = kinds[..<end].lastIndex(of: .signature), isSignature(mark) else { return withoutRuled(end) }
        return mark
    }

    /// The end without a few lines that a row of marks parts from a quotation above it.
    private func withoutRuled(_ end: Int) -> Int {
        guard let rule = kinds[..<end].lastIndex(of: .rule), end - rule <= 6,
            let above = kinds[..<rule].lastIndex(where: { $0 != .empty }), kinds[above] == .quote
        else { return end }
        return rule
    }

    /// The end without what programs put there: rules, lines about telephones, quotations.
    private func withoutTail(_ end: Int) -> Int {
        var end = end
        func dropEmpty() {
            while end > 0, [.empty, .mobile, .rule].contains(kinds[end - 1]) { end -= 1 }
        }
        dropEmpty()
        guard kind != .forward else { return end }
        let ruled = withoutRuled(end)
        if ruled < end, kinds[..<ruled].contains(where: { $0 == .text }) { end = ruled }
        dropEmpty()
        var bottom = end
        while bottom > 0, [.empty, .quote].contains(kinds[bottom - 1]) { bottom -= 1 }
        guard bottom < end, (0..<bottom).contains(where: { isTextual($0) && isKept[$0] }) else { return end }
        // What is forwarded inside quote marks is what the mail is about.
        let quoted = lines[bottom..<end].prefix(12).map { $0.drop { $0 == ">" || $0.isWhitespace } }
        if quoted.contains(where: { MailLine.kind(of: $0) == .forward }) { return end }
        end = bottom
        dropEmpty()
        return end
    }

    // MARK: The start

    /// An attribution and its quotation at the top, above the answer; a forward's own head when nothing is above it.
    private mutating func trimStart(_ first: Int, _ end: Int) {
        guard first < end else { return }
        if kinds[first] == .forward, isForward(first) {
            var line = first + 1
            while line < end, kinds[line] != .empty || kinds[first..<line].allSatisfy({ $0 == .forward }) { line += 1 }
            guard kinds[line..<end].contains(where: { $0 == .text }) else { return }
            for index in first..<line { isKept[index] = false }
            return
        }
        guard let length = attributions[first], kind != .forward,
            let quote = nextLine(first + length), quote < end, kinds[quote] == .quote
        else { return }
        guard let text = (quote..<end).first(where: { kinds[$0] != .quote && kinds[$0] != .empty }),
            !kinds[text..<end].contains(.quote)
        else { return }
        for index in first..<text { isKept[index] = false }
    }

    private static func join(_ lines: [Substring]) -> String {
        var lines = lines[...]
        while let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
        let start = lines.firstIndex { !$0.allSatisfy(\.isWhitespace) } ?? lines.endIndex
        return lines[start...].joined(separator: "\n")
    }
}
