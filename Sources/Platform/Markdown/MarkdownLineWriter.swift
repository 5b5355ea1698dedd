/// Writes the runs of one line, with the marks around them.
struct MarkdownLineWriter {
    typealias Run = MarkdownLine.Run

    var output = MarkdownOutput(softLimit: 0)
    let place: MarkdownLine.Place
    /// The styles that are open, outermost first.
    private var open: [MarkdownStyle] = []
    /// The mark that stands last, with what is before it: what comes next decides whether it closes anything.
    private var closed: (style: MarkdownStyle, before: ScalarKind)?
    private var isInLabel = false
    /// How many runs ahead are looked at to see which style lasts longest.
    private static let lookAhead = 32

    init(place: MarkdownLine.Place) { self.place = place }

    mutating func write(_ runs: ArraySlice<Run>) {
        write(runs, outside: [])
        close(to: [])
    }

    /// - Parameter outside: Styles that are open around all of them.
    private mutating func write(_ runs: ArraySlice<Run>, outside: MarkdownStyle) {
        let units = units(runs)
        for (index, unit) in units.enumerated() {
            guard !output.isFull else { return }
            let run = runs[unit.runs.lowerBound]
            let isLink = run.link != nil && !isInLabel
            var style = unit.style
            if run.isBlank, !isLink {
                // No mark stands beside it on the inside: it is in what goes on behind it, and opens nothing.
                style.formIntersection(index + 1 < units.count ? units[index + 1].style : [])
                close(to: style)
            } else {
                close(to: style)
                openMissing(style.subtracting(outside), runs[unit.runs.lowerBound...], outside)
            }
            if isLink, let link = run.link {
                writeLink(runs[unit.runs], to: link, style)
            } else if run.isCode {
                writeCode(run.text)
            } else {
                writeText(run.text, isLast: index == units.count - 1)
            }
        }
    }

    /// Runs by themselves, and links with all of their runs; what those have in common is outside of the link.
    private func units(_ runs: ArraySlice<Run>) -> [(runs: Range<Int>, style: MarkdownStyle)] {
        var units: [(runs: Range<Int>, style: MarkdownStyle)] = []
        var index = runs.startIndex
        while index < runs.endIndex {
            var end = index + 1
            var style = runs[index].style
            if !isInLabel, let link = runs[index].link {
                while end < runs.endIndex, runs[end].link == link {
                    style.formIntersection(runs[end].style)
                    end += 1
                }
            }
            units.append((index..<end, style))
            index = end
        }
        return units
    }

    // MARK: Styles

    /// Closes from the inside until only `style` is open; within a label, what is around it stays.
    private mutating func close(to style: MarkdownStyle) {
        while let last = open.last, open.contains(where: { !style.contains($0) }), open.count > labelDepth {
            open.removeLast()
            var before = output.lastBehindTildes.map { ScalarKind($0) } ?? .punctuation
            if output.last == "~" { before = .symbol }
            output.append(last.mark)
            if last == .strike, let closed {
                // The mark before it may see through this one to what comes next.
                self.closed = (
                    closed.style == .italic ? .italic : .strike, closed.before.mayBePunctuation ? .symbol : before
                )
            } else {
                closed = (last, before)
            }
        }
    }

    /// How many styles were open where the label began.
    private var labelDepth = 0

    private mutating func openMissing(_ style: MarkdownStyle, _ runs: ArraySlice<Run>, _ outside: MarkdownStyle) {
        var missing = MarkdownStyle.all.filter { style.contains($0) && !open.contains($0) }
        guard !missing.isEmpty else { return }
        if missing.count > 1 {
            // The one that lasts longest goes outside.
            let lengths = missing.map { one in
                (one, runs.prefix(Self.lookAhead).prefix { $0.style.contains(one) }.count)
            }
            missing = lengths.sorted { $0.1 > $1.1 }.map(\.0)
        }
        for (index, one) in missing.enumerated() {
            let isInnermost = index == missing.count - 1
            let next = isInnermost ? Self.firstKind(of: runs.first) : .punctuation
            // A mark opens only where it is at the left of something, and an underscore not inside of words.
            if let last = output.lastBehindTildes, ScalarKind(last).mayBeWord,
                one == .italic || next.mayBePunctuation || output.last == "~"
            {
                output.encodeLastBehindTildes()
            }
            output.append(one.mark)
            open.append(one)
            if one != .strike { closed = nil }
        }
    }

    private static func firstKind(of run: Run?) -> ScalarKind {
        guard let run, !run.isCode, run.link == nil, let first = run.text.unicodeScalars.first else {
            return .punctuation
        }
        // A scalar that is alone may be written by its number; what begins like a URL may become `<…>` or a link.
        if run.text.unicodeScalars.count == 1 { return .symbol }
        if first == "h" || first == "H" || first == "w" || first == "f" || first == "F" { return .symbol }
        return ScalarKind(first)
    }

    // MARK: Text

    private mutating func writeText(_ text: String, isLast: Bool) {
        var text = Array(text.utf8)[...]
        if let closed, let first = String(decoding: text.prefix(4), as: UTF8.self).unicodeScalars.first {
            let kind = ScalarKind(first)
            if kind.mayBeWord, closed.style == .italic || closed.before.mayBePunctuation {
                output.append("&#\(first.value);")
                text = text.dropFirst(UTF8.width(first))
            }
        }
        closed = nil
        MarkdownEscaping.write(text, to: &output, place: place, isInLabel: isInLabel, isLast: isLast)
    }

    private mutating func writeCode(_ text: String) {
        closed = nil
        guard output.fits(text.utf8) else { return fill() }
        let bytes = Array(text.utf8)
        let tick = UInt8(ascii: "`")
        let fence = String(repeating: "`", count: Self.freeRun(of: tick, in: bytes))
        // Two spans of code side by side would be one.
        if output.last == "`" { output.append("\u{200B}") }
        let isPadded =
            bytes.first == tick || bytes.last == tick
            || (bytes.first == 0x20 && bytes.last == 0x20 && bytes.contains { $0 != 0x20 })
        output.append(fence)
        if isPadded { output.append(" ") }
        if place == .cell {
            for byte in bytes {
                if byte == UInt8(ascii: "|") { output.append("\\") }
                output.append(CollectionOfOne(byte))
            }
        } else {
            output.append(bytes)
        }
        if isPadded { output.append(" ") }
        output.append(fence)
    }

    /// The shortest run of `byte` that does not occur in `bytes`.
    private static func freeRun(of byte: UInt8, in bytes: [UInt8]) -> Int {
        var lengths: Set<Int> = []
        var current = 0
        for candidate in bytes {
            if candidate == byte {
                current += 1
            } else if current > 0 {
                lengths.insert(current)
                current = 0
            }
        }
        if current > 0 { lengths.insert(current) }
        var length = 1
        while lengths.contains(length) { length += 1 }
        return length
    }

    // MARK: Links

    private mutating func writeLink(_ runs: ArraySlice<Run>, to target: String, _ style: MarkdownStyle) {
        let label = runs.map(\.text).joined()
        guard output.fits(target.utf8, and: min(label.utf8.count, 64)) else { return fill() }
        closed = nil
        let isCode = runs.contains { $0.isCode }
        let isPlain = !isCode && runs.allSatisfy { $0.style == style }
        if isPlain, let bare = MarkdownTarget.autolink(target, shown: label) {
            return output.append(bare)
        }
        // After an exclamation mark it would be a picture.
        if output.last == "!" { output.escapeLast() }
        output.append("[")
        isInLabel = true
        let depth = labelDepth
        labelDepth = open.count
        write(label.isEmpty ? [Run(text: target)] : runs, outside: style)
        close(to: style)
        labelDepth = depth
        isInLabel = false
        closed = nil
        output.append("](")
        output.append(MarkdownTarget.escaped(target, isInCell: place == .cell))
        output.append(")")
    }

    private mutating func fill() {
        output.isFull = true
        output.append("…")
    }
}
