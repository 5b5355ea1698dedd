/// Where a text names somebody: `@bob`, also as `@bob.` and `(@bob)`; not within a word or an address, and not in code.
///
/// A handle may hold nearly any sign, so where it ends is not written: `@bob!` may be of `bob!` or of `bob`. The longest
/// that there is counts. Who cannot look, because only one handle matters, takes a sign between two words of a handle
/// (`@probe.bot`) for part of it, and any other for its end.
package struct Mention: Sendable, Equatable {
    /// The handles that may be meant, the longest first; at most ``maximum``.
    package let handles: [String]
    /// Those of ``handles`` that end here for who does not look whether there is a longer one.
    package let plain: [String]
    /// How many bytes of UTF-8 stand before the `@`.
    package let offset: Int

    /// Handles that are tried for one mention.
    package static let maximum = 6

    // MARK: In a text

    /// The mentions of a text, in order.
    package static func all(in text: String) -> [Mention] {
        var mentions: [Mention] = []
        each(in: text) { run, offset in
            mentions.append(
                Mention(
                    handles: run.ends.map { String($0.handle) },
                    plain: run.ends.filter(\.isPlain).map { String($0.handle) }, offset: offset))
            return true
        }
        return mentions
    }

    /// Whether a text mentions who is called so.
    package static func names(_ handle: String, in text: String) -> Bool {
        let form = Handle.form(handle)
        var isFound = false
        each(in: text) { run, _ in
            isFound = run.end(of: form) != nil
            return !isFound
        }
        return isFound
    }

    /// What follows a mention of `handle` at the beginning of a text; nil when there is none.
    ///
    /// The signs that belong to the sentence, as in `@bob: hello` or `@bob.`, are left out.
    package static func rest(after handle: String, in text: Substring) -> Substring? {
        guard text.unicodeScalars.first == "@",
            let end = Run(text.unicodeScalars.dropFirst()).end(of: Handle.form(handle))
        else { return nil }
        return text[end...].drop { $0.isWhitespace || ":,.;!?…，。、：；！？".contains($0) }
    }

    /// The handles that may be meant by a word that stands for somebody: `bob`, `@bob,`, `(@bob)`.
    package static func handles(in word: String) -> [String] {
        var scalars = Substring(word).unicodeScalars
        if let at = scalars.firstIndex(of: "@"), !scalars[..<at].contains(where: Handle.isOfWord) {
            scalars = scalars[scalars.index(after: at)...]
        }
        return Run(scalars).ends.map { String($0.handle) }
    }

    private static func each(in text: String, _ body: (Run, Int) -> Bool) {
        guard text.utf8.contains(UInt8(ascii: "@")) else { return }
        var code = CodeSpans.ranges(in: text)[...]
        var offset = 0
        var before: Unicode.Scalar?
        var beforeThat: Unicode.Scalar?
        let scalars = text.unicodeScalars
        var index = scalars.startIndex
        while index < scalars.endIndex {
            let scalar = scalars[index]
            let next = scalars.index(after: index)
            if scalar == "@", !joinsWord(before, beforeThat) {
                while let first = code.first, first.upperBound <= offset { code.removeFirst() }
                if code.first?.contains(offset) != true {
                    let run = Run(scalars[next...])
                    if !run.ends.isEmpty, !body(run, offset) { return }
                }
            }
            beforeThat = before
            before = scalar
            offset += UTF8.width(scalar)
            index = next
        }
    }

    /// Whether an `@` behind these is of an address or a path.
    private static func joinsWord(_ last: Unicode.Scalar?, _ before: Unicode.Scalar?) -> Bool {
        guard let last else { return false }
        if Handle.isOfWord(last) || last == "-" || last == "/" || last == "+" { return true }
        // An underline may be emphasis, or the end of an address.
        return last == "_" && before.map(Handle.isOfWord) == true
    }

    // MARK: One mention

    /// What follows an `@`, as far as a handle could go.
    private struct Run {
        struct End {
            let handle: Substring
            /// Whether the handle ends here though nobody looks whether there is a longer one.
            let isPlain: Bool
        }

        /// The longest first.
        let ends: [End]

        init(_ text: Substring.UnicodeScalarView) {
            var end = text.startIndex
            var count = 0
            while end < text.endIndex, count <= Handle.maximum, Handle.holds(text[end]) {
                text.formIndex(after: &end)
                count += 1
            }
            let run = text[..<end]
            var ends: [End] = []
            func add(_ end: Substring.UnicodeScalarView.Index, _ isPlain: Bool) {
                let handle = Substring(run[..<end])
                if ends.count < Mention.maximum, Handle.fits(handle),
                    handle.unicodeScalars.contains(where: Handle.isOfWord)
                {
                    ends.append(End(handle: handle, isPlain: isPlain))
                }
            }
            add(run.endIndex, true)
            // Each group of signs, from the last: the handle may end before it, or within it.
            var index = run.endIndex
            while index > run.startIndex {
                let last = run.index(before: index)
                guard !Handle.isOfWord(run[last]) else {
                    index = last
                    continue
                }
                var first = last
                while first > run.startIndex, !Handle.isOfWord(run[run.index(before: first)]) {
                    run.formIndex(before: &first)
                }
                let isInner = index < run.endIndex
                let isJoint = isInner && first == last && Handle.joins(run[first])
                // Two signs are tried as part of a handle; more of them are of the sentence.
                if !isInner, run.distance(from: first, to: index) <= 2, first < last { add(last, true) }
                add(first, !isJoint)
                index = first
            }
            self.ends = ends
        }

        /// Where the handle ends that has this form; nil when another is meant.
        func end(of form: String) -> Substring.Index? {
            ends.first { $0.isPlain && Handle.form($0.handle) == form }?.handle.endIndex
        }
    }
}
