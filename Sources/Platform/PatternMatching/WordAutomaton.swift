/// Many words, looked for in one pass over a text (Aho and Corasick, 1975).
///
/// For words alone what Hyperscan is for expressions: ten thousand are ready within milliseconds, and a text costs a few
/// steps a byte whatever the words are. It knows bytes and nothing of letters: words and texts come folded, but for the
/// case of ASCII, which it ignores. Up to three blanks, tabs, line ends, hyphens or underscores are one blank, and nothing is
/// found across a NUL.
package final class WordAutomaton: Sendable {
    package static let longestWord = 400

    /// A word with the number under which it is found; several may be the same.
    package struct Word: Sendable {
        package let bytes: [UInt8]
        package let id: Int32

        package init(_ bytes: some Sequence<UInt8>, id: Int32) {
            self.bytes = WordAutomaton.normalized(bytes)
            self.id = id
        }
    }

    private struct State {
        /// The states behind this one lie side by side.
        var first: Int32 = 0
        var count: Int32 = 0
        /// Where to go on when none of them fits.
        var fallback: Int32 = 0
        /// The nearest state, this one or along the fallbacks, at which a word ends; 0 for none.
        var output: Int32 = 0
        /// The words that end here.
        var words: Int32 = 0
        var wordCount: Int32 = 0
        /// The row of ``rows`` for a state with many states behind it; negative for none.
        var row: Int32 = -1
        /// Symbols of the word that ends here, and whether one of them is a blank.
        var length: Int32 = 0
        var hasBlank = false
        var label: UInt8 = 0
    }

    private static let blank = UInt8(ascii: " ")
    private static let mostBlanks = 3
    private static let linearChildren = 6

    private let states: [State]
    private let labels: [UInt8]
    private let rows: [Int32]
    private let ids: [Int32]
    package let isEmpty: Bool

    package init(_ words: [Word]) {
        let words = words.filter { (1...Self.longestWord).contains($0.bytes.count) }
            .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        isEmpty = words.isEmpty
        var states = [State()]
        // The words that begin like each state, as a part of the sorted list; states are made in the order of lengths.
        var parts = [0..<words.count]
        var depths: [Int32] = [0]
        var ids: [Int32] = []
        var index = 0
        while index < states.count {
            let depth = Int(depths[index])
            var rest = parts[index]
            let begin = rest.lowerBound
            while let next = rest.first, words[next].bytes.count == depth { rest = next + 1..<rest.upperBound }
            if begin < rest.lowerBound {
                states[index].words = Int32(ids.count)
                states[index].wordCount = Int32(rest.lowerBound - begin)
                states[index].length = Int32(depth)
                states[index].hasBlank = words[begin].bytes.contains(Self.blank)
                for word in begin..<rest.lowerBound { ids.append(words[word].id) }
            }
            states[index].first = Int32(states.count)
            while let next = rest.first {
                let label = words[next].bytes[depth]
                var end = next + 1
                while end < rest.upperBound, words[end].bytes[depth] == label { end += 1 }
                var child = State()
                child.label = label
                states.append(child)
                parts.append(next..<end)
                depths.append(Int32(depth + 1))
                states[index].count += 1
                rest = end..<rest.upperBound
            }
            index += 1
        }
        self.ids = ids
        self.labels = states.map(\.label)
        self.rows = Self.addRows(&states)
        Self.addFallbacks(&states, self.labels, self.rows)
        self.states = states
    }

    /// Tables of 256 for the states that many follow: the first letters of words.
    private static func addRows(_ states: inout [State]) -> [Int32] {
        var rows: [Int32] = []
        for index in states.indices where states[index].count > Self.linearChildren || index == 0 {
            states[index].row = Int32(rows.count)
            rows += [Int32](repeating: -1, count: 256)
            for child in states[index].first..<states[index].first + states[index].count {
                rows[Int(states[index].row) + Int(states[Int(child)].label)] = child
            }
        }
        return rows
    }

    private static func addFallbacks(_ states: inout [State], _ labels: [UInt8], _ rows: [Int32]) {
        for index in states.indices {
            for child in Int(states[index].first)..<Int(states[index].first + states[index].count) {
                let label = states[child].label
                var candidate = states[index].fallback
                var target: Int32 = 0
                if index != 0 {
                    while true {
                        let next = Self.child(states[Int(candidate)], label, labels, rows)
                        if next >= 0 {
                            target = next
                            break
                        }
                        if candidate == 0 { break }
                        candidate = states[Int(candidate)].fallback
                    }
                }
                states[child].fallback = target
                states[child].output = states[child].wordCount > 0 ? Int32(child) : states[Int(target)].output
            }
        }
    }

    private static func child(_ state: State, _ label: UInt8, _ labels: [UInt8], _ rows: [Int32]) -> Int32 {
        if state.row >= 0 { return rows[Int(state.row) + Int(label)] }
        for child in Int(state.first)..<Int(state.first + state.count) where labels[child] == label {
            return Int32(child)
        }
        return -1
    }

    /// What a byte counts as.
    private static let symbols: [UInt8] = (0...255).map { (byte: UInt8) in
        switch byte {
        case 0x41...0x5A: byte | 0x20
        case 0x09, 0x0A, 0x0D, UInt8(ascii: "-"), UInt8(ascii: "_"): blank
        default: byte
        }
    }

    /// A word as it is looked for, without blanks at its ends.
    private static func normalized(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for byte in bytes {
            let symbol = symbols[Int(byte)]
            if symbol == blank, result.isEmpty || result.last == blank { continue }
            result.append(symbol)
        }
        while result.last == blank { result.removeLast() }
        return result
    }

    /// Finds the words in `text`, those that end first before the others.
    ///
    /// - Parameter visit: Told the number of each with its range; the scan ends when it answers false.
    /// - Returns: Whether the text was read to its end.
    @discardableResult
    package func scan(
        _ text: UnsafeBufferPointer<UInt8>, _ visit: (_ id: Int32, _ range: Range<Int>) -> Bool
    ) -> Bool {
        guard !isEmpty else { return true }
        return states.withUnsafeBufferPointer { states in
            labels.withUnsafeBufferPointer { labels in
                rows.withUnsafeBufferPointer { rows in
                    Self.symbols.withUnsafeBufferPointer { symbols in
                        scan(text, states, labels, rows, symbols, visit)
                    }
                }
            }
        }
    }

    private func scan(
        _ text: UnsafeBufferPointer<UInt8>, _ states: UnsafeBufferPointer<State>,
        _ labels: UnsafeBufferPointer<UInt8>, _ rows: UnsafeBufferPointer<Int32>,
        _ symbols: UnsafeBufferPointer<UInt8>, _ visit: (_ id: Int32, _ range: Range<Int>) -> Bool
    ) -> Bool {
        var state = 0
        var blanks = 0
        var next = 0
        while next < text.count {
            // Outside of a word, what begins none is passed over.
            if state == 0 {
                while next < text.count, rows[Int(symbols[Int(text[next])])] < 0 { next += 1 }
                blanks = 0
                guard next < text.count else { return true }
            }
            let index = next
            next += 1
            let symbol = symbols[Int(text[index])]
            if symbol == Self.blank {
                blanks += 1
                if blanks > Self.mostBlanks {
                    state = 0
                    continue
                }
                if blanks > 1 { continue }
            } else {
                blanks = 0
                if symbol == 0 {
                    state = 0
                    continue
                }
            }
            while true {
                let following = Self.next(states, state, symbol, labels, rows)
                if following >= 0 {
                    state = following
                    break
                }
                if state == 0 { break }
                state = Int(states[state].fallback)
            }
            var output = Int(states[state].output)
            while output != 0 {
                let found = states[output]
                let end = index + 1
                let start =
                    found.hasBlank
                    ? Self.start(text, symbols, end: end, length: Int(found.length)) : end - Int(found.length)
                for word in Int(found.words)..<Int(found.words + found.wordCount) {
                    guard visit(ids[word], start..<end) else { return false }
                }
                output = Int(states[Int(found.fallback)].output)
            }
        }
        return true
    }

    @inline(__always)
    private static func next(
        _ states: UnsafeBufferPointer<State>, _ state: Int, _ symbol: UInt8,
        _ labels: UnsafeBufferPointer<UInt8>, _ rows: UnsafeBufferPointer<Int32>
    ) -> Int {
        let row = states[state].row
        if row >= 0 { return Int(rows[Int(row) + Int(symbol)]) }
        var child = Int(states[state].first)
        let end = child + Int(states[state].count)
        while child < end {
            if labels[child] == symbol { return child }
            child += 1
        }
        return -1
    }

    /// Goes back over as many symbols as a word has, each run of blanks being one.
    private static func start(
        _ text: UnsafeBufferPointer<UInt8>, _ symbols: UnsafeBufferPointer<UInt8>, end: Int, length: Int
    ) -> Int {
        var start = end
        for _ in 0..<length where start > 0 {
            start -= 1
            guard symbols[Int(text[start])] == blank else { continue }
            while start > 0, symbols[Int(text[start - 1])] == blank { start -= 1 }
        }
        return start
    }
}
