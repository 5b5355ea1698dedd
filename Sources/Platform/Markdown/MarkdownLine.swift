/// One line of spans, on its way to be written.
struct MarkdownLine {
    /// Where a line stands: what has to be escaped differs.
    enum Place {
        case paragraph, heading, cell
    }

    /// Words with one look; no line breaks in them.
    struct Run {
        var text: String
        var isCode = false
        var style: MarkdownStyle = []
        var link: String?

        var isBlank: Bool { !isCode && text.unicodeScalars.allSatisfy { ScalarKind($0) == .space } }
        func looksLike(_ other: Run) -> Bool {
            isCode == other.isCode && style == other.style && link == other.link
        }
    }

    private(set) var runs: [Run] = []

    // MARK: Reading spans

    /// The spans as lines.
    static func lines(_ spans: [MarkdownSpan]) -> [MarkdownLine] {
        var lines: [[Run]] = [[]]
        for span in spans {
            let bytes = normalized(span.text)
            if span.isCode || span.link != nil {
                lines[lines.count - 1].append(run(span, bytes.map { $0 == 0x0A ? 0x20 : $0 }[...]))
                continue
            }
            for (index, part) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
                if index > 0 { lines.append([]) }
                if !part.isEmpty { lines[lines.count - 1].append(run(span, part)) }
            }
        }
        return lines.map { MarkdownLine($0) }
    }

    /// The spans as one line, for places that have no more.
    static func write(_ spans: [MarkdownSpan], to output: inout MarkdownOutput, place: Place) {
        var runs: [Run] = []
        for span in spans { runs.append(run(span, normalized(span.text).map { $0 == 0x0A ? 0x20 : $0 }[...])) }
        MarkdownLine(runs).write(to: &output, place: place)
    }

    private static func run(_ span: MarkdownSpan, _ bytes: ArraySlice<UInt8>) -> Run {
        Run(
            text: String(decoding: bytes, as: UTF8.self), isCode: span.isCode, style: span.style,
            link: span.link.flatMap { MarkdownTarget.canBeWritten($0) ? $0 : nil })
    }

    /// The bytes of a text with one kind of line end and without NUL, which no reader keeps.
    static func normalized(_ text: String) -> [UInt8] {
        let isNormal = text.utf8.withContiguousStorageIfAvailable { bytes in
            bytes.allSatisfy { $0 > 0x0D || $0 != 0 && $0 <= 0x0A }
        }
        if isNormal == true { return Array(text.utf8) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var wasReturn = false
        for byte in text.utf8 {
            switch byte {
            case 0x0A where wasReturn: break
            case 0x0A...0x0D: bytes.append(0x0A)
            case 0: bytes += [0xEF, 0xBF, 0xBD]
            default: bytes.append(byte)
            }
            wasReturn = byte == 0x0D
        }
        return bytes
    }

    static func longestRun(of byte: UInt8, in bytes: some Collection<UInt8>) -> Int {
        var longest = 0
        var current = 0
        for candidate in bytes {
            current = candidate == byte ? current + 1 : 0
            longest = max(longest, current)
        }
        return longest
    }

    private init(_ runs: [Run]) {
        var parts: [Run] = []
        for run in runs where !run.text.isEmpty {
            if run.isCode || (run.style.isEmpty && run.link == nil) {
                parts.append(run)
            } else {
                parts += Self.apart(run)
            }
        }
        // Marks never stand beside a blank inside of them: it looks like no more than what is on both of its sides.
        var after: Run?
        var followers: [Int: Run] = [:]
        for index in parts.indices.reversed() {
            if parts[index].isBlank { followers[index] = after } else { after = parts[index] }
        }
        for index in parts.indices where parts[index].isBlank {
            guard index > 0, let after = followers[index] else {
                parts[index].style = []
                parts[index].link = nil
                continue
            }
            let before = parts[index - 1]
            parts[index].style.formIntersection(before.style.intersection(after.style))
            if before.link != parts[index].link || after.link != parts[index].link { parts[index].link = nil }
        }
        for part in parts {
            // A blank before words with a style opens none.
            if let last = self.runs.last, last.looksLike(part), last.style.isEmpty || !last.isBlank {
                self.runs[self.runs.count - 1].text += part.text
            } else {
                self.runs.append(part)
            }
        }
    }

    /// A run without the blanks at its ends, and those.
    private static func apart(_ run: Run) -> [Run] {
        let scalars = run.text.unicodeScalars
        guard let first = scalars.firstIndex(where: { ScalarKind($0) != .space }),
            let last = scalars.lastIndex(where: { ScalarKind($0) != .space })
        else { return [run] }
        let end = scalars.index(after: last)
        var inside = run
        inside.text = String(scalars[first..<end])
        var parts: [Run] = []
        if first > scalars.startIndex {
            parts.append(Run(text: String(scalars[..<first]), style: run.style, link: run.link))
        }
        parts.append(inside)
        if end < scalars.endIndex { parts.append(Run(text: String(scalars[end...]), style: run.style, link: run.link)) }
        return parts
    }

    /// Nothing but blanks.
    var isEmpty: Bool { runs.allSatisfy(\.isBlank) }

    // MARK: Writing

    func write(to output: inout MarkdownOutput, place: Place) {
        var runs = runs[...]
        if place != .paragraph || !output.isLineStart {
            if let first = runs.first, !first.isCode {
                runs[runs.startIndex].text = String(first.text.drop { $0 == " " || $0 == "\t" })
                if runs[runs.startIndex].text.isEmpty { runs.removeFirst() }
            }
        }
        // The bytes are handed over, not copied: there may be many lines.
        var writer = MarkdownLineWriter(place: place)
        swap(&writer.output, &output)
        writer.write(runs)
        swap(&writer.output, &output)
    }
}
