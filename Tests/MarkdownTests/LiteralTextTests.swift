import Testing

@testable import Markdown

/// What is written literally is read as that, wherever it stands: by cmark-gfm, which knows nothing of the writer.
@Suite(.timeLimit(.minutes(1)))
struct LiteralTextTests {
    /// What a text is made of: everything that means something to a reader somewhere, between letters of several scripts.
    private static let parts = [
        "*", "**", "_", "__", "~", "~~", "`", "``", "```", "[", "]", "(", ")", "](", "![", "!", "<", "<b>", "</b>",
        "<!--",
        "-->", "<?", "&", "&lt;", "&amp;", "&#35;", "&copy", "&copy;", ";", "\\", "\\*", "#", "# ", "## ", "-", "- ",
        "+ ",
        "---", "===", "=", "1. ", "2026. ", "1) ", "12345678901. ", ">", "> ", "|", "||", " | ", "|-|-|", ":-:",
        "--|--",
        " ", "  ", "    ", "\t", "\n", "\n\n", "\n\n\n", "\r\n", "a", "b", "word", "ä", "é", "错误", "：", "“", "”", "—",
        "€",
        "🚀", "\u{A0}", "\u{200B}", "\u{301}", "http://a.b/", "https://x.org/?q=*foo*", "https://x.org/a_b_c",
        "https://x.org/(x)", "www.a.b/*x*", "www.x.org", "ftp://a.b", "a@b.c", "_a@b.c", "mailto:a@b.c", "http", "www.",
        ".", ",", ":", "?", "\"", "'", "[x]: ", "[x]: http://x.org", "[^1]", "[ ] ", "{", "}", "$", "%", "@ada", "@a_b",
        "snake_case", "__init__", "2*3*4", "1", "2", "^", "/", "\u{85}", "\u{2028}", "\u{FE0F}", "HTTP://A.B/_x_",
    ]

    /// Always the same sequence from a seed.
    private struct Sequence: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    private static func text(_ length: Int, _ random: inout Sequence) -> String {
        (0..<Int.random(in: 1...length, using: &random)).map { _ in parts.randomElement(using: &random)! }.joined()
    }

    /// The lines that are to be read: blanks at their start as no-break spaces, none at their end, no empty ones.
    private static func lines(_ text: String) -> [String] {
        text.replacing("\r\n", with: "\n").unicodeScalars.split(separator: "\n").compactMap { line in
            guard line.contains(where: { ScalarKind($0) != .space }) else { return nil }
            var scalars = Substring.UnicodeScalarView(line)
            while let last = scalars.last, last == " " || last == "\t" { scalars.removeLast() }
            let start = scalars.firstIndex { $0 != " " && $0 != "\t" } ?? scalars.endIndex
            let blanks = scalars[..<start].map { $0 == " " ? "\u{A0}" : "\u{A0}\u{A0}\u{A0}\u{A0}" }.joined()
            return blanks + String(scalars[start...])
        }
    }

    /// The same as one line.
    private static func oneLine(_ text: String) -> String {
        let scalars = text.replacing("\r\n", with: " ").replacing("\n", with: " ").unicodeScalars
        guard scalars.contains(where: { ScalarKind($0) != .space }) else { return "" }
        let isBlank = { (scalar: Unicode.Scalar) in scalar == " " || scalar == "\t" }
        let start = scalars.firstIndex { !isBlank($0) }!
        let end = scalars.lastIndex { !isBlank($0) }!
        return String(scalars[start...end])
    }

    private static func read(_ markdown: String) -> [String] {
        VisibleText(markdown, skipsPlain: false).text.split(separator: "\n").map(String.init)
    }

    private static func expect(
        _ blocks: [MarkdownBlock], _ lines: [String], _ location: SourceLocation = #_sourceLocation
    ) {
        let markdown = MarkdownWriter.write(blocks)
        // Swift holds texts for equal that differ in their bytes.
        let isSame = read(markdown).map { Array($0.utf8) } == lines.map { Array($0.utf8) }
        #expect(isSame, "\(markdown.debugDescription) is not \(lines)", sourceLocation: location)
    }

    @Test(arguments: 1...8)
    func `any text is read as it was meant in every place`(seed: UInt64) {
        var random = Sequence(state: seed &* 0x9E37_79B9_7F4A_7C15)
        for _ in 0..<60 {
            let text = Self.text(9, &random)
            let lines = Self.lines(text)
            let line = Self.oneLine(text)
            Self.expect([.literal(text)], lines)
            Self.expect([.quote([.literal(text)])], lines)
            Self.expect([.list(start: nil, items: [[.literal(text)], [.literal("z")]])], lines + ["z"])
            Self.expect([.list(start: 7, items: [[.quote([.literal(text)])]])], lines)
            if !line.isEmpty {
                Self.expect([.heading(2, [MarkdownSpan(text)]), .literal("z")], [line, "z"])
                Self.expect(
                    [
                        .table([
                            [[MarkdownSpan(text)], [MarkdownSpan("h")]], [[MarkdownSpan("b")], [MarkdownSpan(text)]],
                        ])
                    ],
                    ["\(line)\th", "b\t\(line)"])
            }
            let label = text.replacing("\r\n", with: " ").replacing("\n", with: " ")
            Self.expect(
                [.paragraph([MarkdownSpan("p!"), MarkdownSpan(text, link: "http://u.v/(_*"), MarkdownSpan("q")])],
                ["p!\(label)q"])
            let code = label.replacing("\t", with: " ")
            if code.contains(where: { $0 != " " }) {
                Self.expect(
                    [.paragraph([MarkdownSpan("a"), MarkdownSpan(code, isCode: true), MarkdownSpan("b")])],
                    ["a\(code)b"])
            }
            Self.expect(
                [.literal("before"), .quote([.list(start: nil, items: [[.code(text)]])]), .literal("after")],
                ["before"] + text.replacing("\r\n", with: "\n").split(separator: "\n").map(String.init) + ["after"])
        }
    }

    @Test(arguments: 1...8)
    func `marks of style stand wherever words have one, and hide nothing`(seed: UInt64) {
        var random = Sequence(state: seed &* 0xD1B5_4A32_D192_ED03)
        let styles: [MarkdownStyle] = [.bold, .italic, .strike, [.bold, .italic], [.bold, .strike, .italic], []]
        for _ in 0..<100 {
            let texts = (0..<4).map { _ in Self.text(4, &random) }
            let spans = texts.map { MarkdownSpan($0, style: styles.randomElement(using: &random)!) }
            Self.expect([.paragraph(spans + [MarkdownSpan("q")])], Self.lines(texts.joined() + "q"))
        }
    }
}
