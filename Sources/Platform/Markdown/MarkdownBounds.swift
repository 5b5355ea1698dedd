/// Keeps the work of the parser linear in the bytes of a text.
///
/// Some texts of a few kilobytes make cmark-gfm work for seconds: lists in lists thousands of levels deep with empty lines
/// behind them, tables whose short rows are filled up to thousands of columns, pictures in pictures. What begins such a
/// thing beyond a bound is replaced by a byte that begins nothing and that nobody sees; the words around it stay.
enum MarkdownBounds {
    /// Stands for a byte that was taken out.
    static let taken: UInt8 = 0x01
    /// Longer texts are cut.
    static let maximumBytes = 256 * 1024
    private static let maximumNesting = 32
    private static let maximumCells = 20_000
    private static let maximumPictures = 400
    private static let maximumReferenceBytes = 4 << 20
    /// More at signs than this, and addresses stay without links.
    static let maximumMailAddresses = 100

    static func bounded(_ text: String) -> [UInt8] {
        var bytes = Array(text.utf8.prefix(maximumBytes))
        // A scalar that is cut has no reader.
        if bytes.count == maximumBytes { while let last = bytes.last, last >= 0x80 { bytes.removeLast() } }
        bound(&bytes)
        return bytes
    }

    private static func bound(_ bytes: inout [UInt8]) {
        let lines = 1 + bytes.lazy.filter { $0 == 0x0A || $0 == 0x0D }.count
        let brackets = bytes.lazy.filter { $0 == UInt8(ascii: "]") }.count
        var pictures = 0
        var definitions = 0
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
            boundNesting(&bytes, start..<end)
            boundTable(&bytes, start..<end, lines: lines)
            for place in start..<end where bytes[place] == UInt8(ascii: "!") {
                pictures += 1
                if pictures > maximumPictures { bytes[place] = taken }
            }
            boundReference(&bytes, start..<end, brackets: brackets, total: &definitions)
            start = end + 1
        }
    }

    /// Marks of quotes and lists at the start of a line.
    private static func boundNesting(_ bytes: inout [UInt8], _ line: Range<Int>) {
        var depth = 0
        var place = line.lowerBound
        while place < line.upperBound {
            let start = place
            switch bytes[place] {
            case 0x20, 0x09:
                place += 1
                continue
            case UInt8(ascii: ">"): break
            case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "*"):
                guard isEndOfMark(bytes, place + 1, line) else { return }
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                while place < line.upperBound, (0x30...0x39).contains(bytes[place]) { place += 1 }
                guard place - start <= 9, place < line.upperBound,
                    bytes[place] == UInt8(ascii: ".") || bytes[place] == UInt8(ascii: ")"),
                    isEndOfMark(bytes, place + 1, line)
                else { return }
            default: return
            }
            depth += 1
            if depth > maximumNesting { bytes[place] = taken }
            place += 1
        }
    }

    private static func isEndOfMark(_ bytes: [UInt8], _ place: Int, _ line: Range<Int>) -> Bool {
        place >= line.upperBound || bytes[place] == 0x20 || bytes[place] == 0x09
    }

    /// The line below a table's head says how many columns each row is filled up to.
    private static func boundTable(_ bytes: inout [UInt8], _ line: Range<Int>, lines: Int) {
        let columns = 1 + bytes[line].lazy.filter { $0 == UInt8(ascii: "|") }.count
        guard columns * lines > maximumCells, bytes[line].contains(UInt8(ascii: "-")) else { return }
        let isHead = bytes[line].allSatisfy {
            [UInt8(ascii: "|"), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: ">"), 0x20, 0x09, 0x0B, 0x0C]
                .contains($0)
        }
        guard isHead else { return }
        for place in line where bytes[place] == UInt8(ascii: "-") { bytes[place] = taken }
    }

    /// A reference carries its address to each place that names it.
    private static func boundReference(
        _ bytes: inout [UInt8], _ line: Range<Int>, brackets: Int, total: inout Int
    ) {
        guard let mark = bytes[line].firstIndex(of: UInt8(ascii: "]")), mark + 1 < line.upperBound,
            bytes[mark + 1] == UInt8(ascii: ":")
        else { return }
        total += line.count
        if total * brackets > maximumReferenceBytes { bytes[mark + 1] = taken }
    }
}
