import Markdown
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MarkdownWriterTests {
    @Test(arguments: [
        ("plain text, (really) - ok? 5 < 6 & 7 > 6 * 2", "plain text, (really) - ok? 5 < 6 & 7 > 6 * 2"),
        ("2*3*4 = 24", #"2\*3\*4 = 24"#), ("# of errors: 5", "\\# of errors: 5"),
        ("#general C# a # b", "#general C# a # b"),
        ("2026. A good year", #"2026\. A good year"#), ("+ 5", #"\+ 5"#), ("- a", #"\- a"#), ("-5", "-5"),
        ("[x]: http://x.org", #"\[x]: http://x.org"#), (#"\\server\share"#, #"\\\\server\\share"#),
        ("&lt;String&gt; AT&T", #"\&lt;String\&gt; AT&T"#), ("<b> a<b", #"\<b> a\<b"#),
        ("snake_case __init__", #"snake_case \_\_init\_\_"#),
        ("> quoted", #"\> quoted"#), ("a\n---\nb\n===", "a\n\\---\nb\n\\==="), ("a|b\n-|-", "a|b\n\\-|-"),
        ("||a||", #"\|\|a\|\|"#),
        ("  two\n\tone", "\u{A0}\u{A0}two\n\u{A0}\u{A0}\u{A0}\u{A0}one"), ("a  \r\nb\n\n\n\nc", "a\nb\n\nc"),
        ("https://x.org/a_b?c=1&d=2", "https://x.org/a_b?c=1&d=2"),
        ("https://x.org/?q=*foo*", "<https://x.org/?q=*foo*>"),
        ("see https://x.org/*a/b.", "see <https://x.org/*a/b>."),
        ("www.x.org/*a/", #"[www.x.org/\*a/](http://www.x.org/*a/)"#),
        ("```", #"\`\`\`"#), ("~~~ a ~ b", #"\~\~\~ a ~ b"#), ("a\u{0}b", "a\u{FFFD}b"), ("", ""), (" \n ", ""),
    ])
    func `literal text has a backslash only where a mark would be`(text: String, markdown: String) {
        #expect(MarkdownWriter.literal(text) == markdown)
    }

    @Test(arguments: [
        ([MarkdownSpan("a", style: .bold), MarkdownSpan("—b")], "**a**—b"),
        ([MarkdownSpan("a "), MarkdownSpan(" b ", style: .bold), MarkdownSpan("c")], "a  **b** c"),
        ([MarkdownSpan("a", style: .bold), MarkdownSpan(" "), MarkdownSpan("b", style: .bold)], "**a** **b**"),
        (
            [MarkdownSpan("un"), MarkdownSpan("believ", style: .italic), MarkdownSpan("able")],
            "u&#110;_believ_&#97;ble"
        ),
        ([MarkdownSpan("f"), MarkdownSpan("(x)", style: .bold), MarkdownSpan("g")], "&#102;**(x)**&#103;"),
        ([MarkdownSpan("a", style: [.bold, .italic]), MarkdownSpan("b", style: .bold)], "**_a_&#98;**"),
        ([MarkdownSpan("a", style: .bold), MarkdownSpan("b", style: .bold)], "**ab**"),
        ([MarkdownSpan("a\nb", style: .bold)], "**a**\n**b**"),
        ([MarkdownSpan("!"), MarkdownSpan("a", link: "https://x.org")], #"\![a](https://x.org)"#),
        ([MarkdownSpan("a [b]", link: "https://x.org/(y)")], #"[a \[b\]](https://x.org/(y))"#),
        ([MarkdownSpan("x", link: "https://x.org/)")], #"[x](https://x.org/\))"#),
        ([MarkdownSpan("x", link: "file:a b")], "[x](<file:a b>)"), ([MarkdownSpan("x", link: "a\nb")], "x"),
        ([MarkdownSpan("https://x.org/*", link: "https://x.org/*")], "<https://x.org/*>"),
        ([MarkdownSpan("a@b.org", link: "mailto:a@b.org")], "<a@b.org>"),
        (
            [MarkdownSpan("a "), MarkdownSpan("b", style: .bold, link: "u:v"), MarkdownSpan(" c", link: "u:v")],
            "a [**b** c](u:v)"
        ),
        ([MarkdownSpan("x", style: .bold, link: "u:v")], "**[x](u:v)**"),
        ([MarkdownSpan("a`b", isCode: true)], "``a`b``"), ([MarkdownSpan("`", isCode: true)], "`` ` ``"),
    ])
    func `marks stand where every reader takes them for marks`(spans: [MarkdownSpan], markdown: String) {
        #expect(MarkdownWriter.write([.paragraph(spans)]) == markdown)
    }

    @Test(
        arguments: [
            ([.quote([.literal("l1\nl2")]), .literal("after")], "> l1\n> l2\n\nafter"),
            ([.code("Error: boom\n at foo"), .literal("Next")], "```\nError: boom\n at foo\n```\nNext"),
            ([.code("a\n````\nb", language: "c++ \n`")], "`````c++\na\n````\nb\n`````"),
            (
                [
                    .literal("a"),
                    .list(start: nil, items: [[.literal("b"), .list(start: 3, items: [[.literal("c\nd")]])]]),
                ], "a\n- b\n\n  3. c\n     d"
            ),
            (
                [.list(start: nil, items: [[.literal("- a")]]), .list(start: nil, items: [[.literal("b")]])],
                "- \\- a\n* b"
            ),
            ([.quote([.quote([.literal("a\n\nb")])])], "> > a\n> >\n> > b"),
            ([.heading(2, [MarkdownSpan("a\n# #")]), .rule, .literal("b")], "## a \\# \\#\n---\nb"),
            (
                [
                    .table([
                        [[MarkdownSpan("a|b")], [MarkdownSpan("c", isCode: true)]],
                        [[MarkdownSpan("d|", isCode: true)]],
                    ])
                ],
                "| a\\|b | `c` |\n| --- | --- |\n| `d\\|` |  |"
            ),
            ([.literal("a"), .written("**b**\n\n"), .literal("c"), .literal(" \n"), .quote([])], "a\n\n**b**\n\nc"),
        ] as [([MarkdownBlock], String)])
    func `blocks begin on lines of their own`(blocks: [MarkdownBlock], markdown: String) {
        #expect(MarkdownWriter.write(blocks) == markdown)
    }

    @Test func `a long text ends with a mark, and what was open is closed`() {
        let long = String(repeating: "*ä", count: 10_000)
        let blocks: [MarkdownBlock] = [
            .quote([
                .list(
                    start: nil,
                    items: [[.paragraph([MarkdownSpan(long, style: [.bold, .italic])])], [.literal("never")]])
            ]),
            .code(String(repeating: "line\n", count: 5000)),
        ]
        let written = MarkdownWriter.write(blocks, limit: 16_000)
        #expect(written.unicodeScalars.count <= 16_000 && written.unicodeScalars.count > 15_700)
        #expect(written.hasSuffix("…_**") && !written.contains("never"))
        let code = MarkdownWriter.write(
            [.code(String(repeating: "line\n", count: 5000)), .literal("never")], limit: 16_000)
        #expect(code.hasSuffix("line\n…\n```") && code.unicodeScalars.count <= 16_000)
    }

    @Test(arguments: [
        "_", "a_", "# ", "#", "&a", "<", "|", "[", "www.", "http://a.", "http://*", "a\n", "  \n", "1. ", "- \n",
    ])
    func `a text of nothing but marks is written in one pass`(part: String) {
        let text = String(repeating: part, count: 100_000 / part.utf8.count)
        #expect(MarkdownWriter.literal(text).utf8.count <= 4 * text.utf8.count)
        #expect(MarkdownWriter.write([.heading(1, [MarkdownSpan(text)])]).utf8.count <= 4 * text.utf8.count)
        let address = "http://a" + String(repeating: part, count: 10_000)
        #expect(MarkdownWriter.literal(address).utf8.count <= 4 * address.utf8.count)
    }

    @Test func `what is nested deeper than a reader follows goes on at one level`() {
        var block = MarkdownBlock.literal("deep")
        for _ in 0..<200 { block = .quote([block]) }
        #expect(MarkdownWriter.write([block]) == String(repeating: "> ", count: MarkdownWriter.maximumDepth) + "deep")
    }
}
