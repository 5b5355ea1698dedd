/// Escapes what stands literally, by its place.
///
/// One pass: before each byte that could begin something stands a backslash, unless what is around it says that it does
/// not. What may follow in another run counts as the worst.
struct MarkdownEscaping {
    private let bytes: ArraySlice<UInt8>
    private let place: MarkdownLine.Place
    private let isInLabel: Bool
    /// Whether the line ends with these bytes.
    private let isLast: Bool
    private var index: Int
    /// Where an address ended that was written with marks of its own: what stands before is punctuation then.
    private var markedEnd = -1

    static func write(
        _ bytes: ArraySlice<UInt8>, to output: inout MarkdownOutput, place: MarkdownLine.Place, isInLabel: Bool,
        isLast: Bool
    ) {
        var escaping = MarkdownEscaping(
            bytes: bytes, place: place, isInLabel: isInLabel, isLast: isLast, index: bytes.startIndex)
        escaping.run(&output)
    }

    private mutating func run(_ output: inout MarkdownOutput) {
        if output.isLineStart, place == .paragraph, !isInLabel { writeLineStart(&output) }
        while index < bytes.endIndex {
            guard output.count < output.softLimit else {
                output.isFull = true
                return output.append("…")
            }
            let plain = plainRun(atMost: output.softLimit - output.count)
            if plain > 0 {
                output.append(ascii: bytes[index..<(index + plain)])
                index += plain
                continue
            }
            let byte = bytes[index]
            if byte >= 0x80 {
                writeScalar(&output)
            } else if isAddressStart(byte), let address = readAddress() {
                write(address, &output)
            } else {
                if isEscaped(byte, &output) { output.append(byte: UInt8(ascii: "\\")) }
                output.append(byte: byte)
                index += 1
            }
        }
    }

    /// How many of the next bytes are written as they are, whatever stands around them: nearly all of what people write.
    private func plainRun(atMost limit: Int) -> Int {
        bytes.withUnsafeBufferPointer { all in
            let start = index - bytes.startIndex
            let end = start + min(limit, all.count - start)
            var place = start
            while place < end {
                let byte = all[place]
                switch byte {
                case UInt8(ascii: "f"), UInt8(ascii: "h"), UInt8(ascii: "w"), UInt8(ascii: "F"), UInt8(ascii: "H"):
                    // An address may begin here.
                    guard place > 0, MarkdownTarget.isLetterOrDigit(all[place - 1]) else { return place - start }
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), 0x20, UInt8(ascii: ","), UInt8(ascii: "."):
                    break
                default: return place - start
                }
                place += 1
            }
            return place - start
        }
    }

    private mutating func writeScalar(_ output: inout MarkdownOutput) {
        var end = index + 1
        while end < bytes.endIndex, bytes[end] & 0xC0 == 0x80 { end += 1 }
        output.append(bytes[index..<end])
        index = end
    }

    private func peek(_ offset: Int) -> UInt8? {
        let place = index + offset
        return bytes.indices.contains(place) ? bytes[place] : nil
    }

    // MARK: The start of a line

    private mutating func writeLineStart(_ output: inout MarkdownOutput) {
        // Four blanks would begin code, fewer would be dropped.
        while let byte = peek(0), byte == 0x20 || byte == 0x09 {
            output.append(byte == 0x20 ? "\u{A0}" : "\u{A0}\u{A0}\u{A0}\u{A0}")
            index += 1
        }
        guard output.isLineStart, let first = peek(0) else { return }
        let rest = bytes[index...]
        switch first {
        case UInt8(ascii: "#"):
            let count = rest.prefix { $0 == first }.count
            if count <= 6, endsWord(count) { output.append(byte: UInt8(ascii: "\\")) }
        case UInt8(ascii: "-"), UInt8(ascii: "+"):
            if endsWord(1) || isUnderline(rest) { output.append(byte: UInt8(ascii: "\\")) }
        case UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "|"):
            // The marks of a heading, or of a table's head, below the line before. Bars in a row are escaped anyway.
            guard isUnderline(rest), first != UInt8(ascii: "|") || peek(1) != first else { return }
            output.append(byte: UInt8(ascii: "\\"))
        case UInt8(ascii: ">"): output.append(byte: UInt8(ascii: "\\"))
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            let count = rest.prefix { (0x30...0x39).contains($0) }.count
            guard count <= 9, let mark = peek(count), mark == UInt8(ascii: ".") || mark == UInt8(ascii: ")"),
                endsWord(count + 1)
            else { return }
            output.append(rest.prefix(count))
            index += count
            output.append(byte: UInt8(ascii: "\\"))
        default: return
        }
        output.append(byte: bytes[index])
        index += 1
    }

    /// Whether nothing or a blank stands at `offset`.
    private func endsWord(_ offset: Int) -> Bool {
        guard let byte = peek(offset) else { return true }
        return byte == 0x20 || byte == 0x09
    }

    private func isUnderline(_ rest: ArraySlice<UInt8>) -> Bool {
        rest.allSatisfy {
            [UInt8(ascii: "-"), UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "|"), 0x20, 0x09].contains($0)
        }
    }

    // MARK: Inside of a line

    private func isEscaped(_ byte: UInt8, _ output: inout MarkdownOutput) -> Bool {
        switch byte {
        case UInt8(ascii: "\\"), UInt8(ascii: "`"), UInt8(ascii: "["): true
        case UInt8(ascii: "]"): isInLabel
        case UInt8(ascii: "*"), UInt8(ascii: "~"): !isBetweenBlanks(output)
        case UInt8(ascii: "_"): !isInsideWord(output)
        case UInt8(ascii: "<"):
            // Even digits and signs begin an address of mail.
            peek(1).map { $0 != 0x20 } ?? !isLast
        case UInt8(ascii: "&"): Self.mayBeEntity(bytes[index...], isLast: isLast)
        case UInt8(ascii: "|"): place == .cell || peek(1) == byte || output.last == "|" || (peek(1) == nil && !isLast)
        case UInt8(ascii: "#"):
            // At the end of a heading it would belong to its marks.
            place == .heading && isLast
                && bytes[index...].count <= 256
                && bytes[index...].allSatisfy { $0 == byte || $0 == 0x20 || $0 == 0x09 }
        default: false
        }
    }

    private func isBetweenBlanks(_ output: MarkdownOutput) -> Bool {
        guard output.last == " ", let next = peek(1) else { return false }
        return next == 0x20
    }

    /// Whether the underscores here have letters on both sides, which are no marks then.
    private func isInsideWord(_ output: MarkdownOutput) -> Bool {
        let mark = UInt8(ascii: "_")
        var start = index
        while start > bytes.startIndex, start != markedEnd, bytes[start - 1] == mark, index - start <= 16 { start -= 1 }
        var end = index
        while end < bytes.endIndex, bytes[end] == mark, end - start <= 16 { end += 1 }
        // What is written as a link begins with a bracket.
        guard start > bytes.startIndex, start != markedEnd, end < bytes.endIndex, end - start <= 16,
            isInLabel || !isAddress(bytes[end...])
        else { return false }
        // The last scalar may be written by its number when a mark follows.
        let next = String(decoding: bytes[end...].prefix(4), as: UTF8.self).unicodeScalars.first
        guard let next, isLast || end + UTF8.width(next) < bytes.endIndex else { return false }
        return kind(before: start) == .word && ScalarKind(next) == .word
    }

    private func kind(before place: Int) -> ScalarKind? {
        var start = place - 1
        while start > bytes.startIndex, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        return kind(at: start)
    }

    private func kind(at place: Int) -> ScalarKind? {
        String(decoding: bytes[place...].prefix(4), as: UTF8.self).unicodeScalars.first.map { ScalarKind($0) }
    }

    /// Whether a reader may take the `&` here for the beginning of an entity.
    static func mayBeEntity(_ bytes: ArraySlice<UInt8>, isLast: Bool = true) -> Bool {
        let name = bytes.dropFirst().prefix(34).prefix { MarkdownTarget.isLetterOrDigit($0) || $0 == UInt8(ascii: "#") }
        guard name.endIndex < bytes.endIndex else { return !isLast }
        return !name.isEmpty && bytes[name.endIndex] == UInt8(ascii: ";")
    }

    // MARK: Addresses

    private struct Address {
        /// Up to the next blank or `<`, which is where readers look for its end.
        let whole: ArraySlice<UInt8>
        /// Without the punctuation at its end.
        let url: ArraySlice<UInt8>
        let hasScheme: Bool
    }

    private func isAddressStart(_ byte: UInt8) -> Bool {
        guard !isInLabel,
            byte | 0x20 == UInt8(ascii: "h") || byte | 0x20 == UInt8(ascii: "f") || byte == UInt8(ascii: "w")
        else { return false }
        return index == bytes.startIndex || !MarkdownTarget.isLetterOrDigit(bytes[index - 1])
    }

    private static let schemes = ["http://", "https://", "ftp://"].map { Array($0.utf8) }
    private static let web = Array("www.".utf8)

    private static func scheme(_ rest: ArraySlice<UInt8>) -> [UInt8]? {
        schemes.first { scheme in
            rest.count > scheme.count && zip(rest, scheme).allSatisfy { $0 | 0x20 == $1 | 0x20 }
        }
    }

    private func isAddress(_ rest: ArraySlice<UInt8>) -> Bool {
        Self.scheme(rest) != nil || rest.starts(with: Self.web)
    }

    /// An address that readers with GitHub's extensions make a link of, without undoing backslashes in it.
    private func readAddress() -> Address? {
        let rest = bytes[index...]
        let scheme = Self.scheme(rest)
        guard scheme != nil || rest.starts(with: Self.web) else { return nil }
        let whole = rest.prefix { $0 > 0x20 && $0 != UInt8(ascii: "<") && $0 != 0x7F }
        var url = whole
        var open = 0
        var marks: [UInt8: Int] = [UInt8(ascii: "*"): 0, UInt8(ascii: "_"): 0, UInt8(ascii: "~"): 0]
        for byte in whole {
            if byte == UInt8(ascii: "(") { open += 1 }
            if byte == UInt8(ascii: ")") { open -= 1 }
            if "*_~".utf8.contains(byte) { marks[byte]? += 1 }
        }
        while let last = url.last {
            if last == UInt8(ascii: ")") {
                guard open < 0 else { break }
                open += 1
            } else if let count = marks[last] {
                // A mark that has a partner in the address is part of it.
                guard count % 2 == 1 else { break }
                marks[last] = count - 1
            } else if !"?!.,:;'\">".utf8.contains(last) {
                break
            }
            url.removeLast()
        }
        let length = scheme?.count ?? Self.web.count
        guard url.count > length else { return nil }
        return Address(whole: whole, url: url, hasScheme: scheme != nil)
    }

    private mutating func write(_ address: Address, _ output: inout MarkdownOutput) {
        let endsLine = address.whole.endIndex == bytes.endIndex
        let isPlain =
            (!endsLine || isLast)
            && address.whole.indices.allSatisfy { place in
                switch address.whole[place] {
                case UInt8(ascii: "_"):
                    address.whole[..<place].last.map(MarkdownTarget.isLetterOrDigit) == true
                        && address.whole[(place + 1)...].first.map(MarkdownTarget.isLetterOrDigit) == true
                case UInt8(ascii: "&"): !Self.mayBeEntity(address.whole[place...], isLast: isLast)
                case let byte: !"\\`*~[]<>|".utf8.contains(byte)
                }
            }
        if isPlain {
            output.append(address.whole)
            index = address.whole.endIndex
            return
        }
        let text = String(decoding: address.url, as: UTF8.self)
        if address.hasScheme, MarkdownTarget.isURI(text) {
            output.append("<\(text)>")
        } else {
            if output.last == "!" { output.escapeLast() }
            output.append("[")
            var label = MarkdownEscaping(
                bytes: address.url, place: place, isInLabel: true, isLast: false, index: address.url.startIndex)
            label.run(&output)
            output.append("](")
            output.append(
                MarkdownTarget.escaped((address.hasScheme ? "" : "http://") + text, isInCell: place == .cell))
            output.append(")")
        }
        index = address.url.endIndex
        markedEnd = index
    }
}
