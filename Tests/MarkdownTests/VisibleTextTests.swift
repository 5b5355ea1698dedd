import Testing

@testable import Markdown

@Suite(.timeLimit(.minutes(1)))
struct VisibleTextTests {
    @Test(arguments: [
        ("dim**wit**", "dimwit"), ("dim||wit||", "dimwit"), (#"d\imwit d\*"#, #"d\imwit d*"#), ("dim``wit", "dim``wit"),
        ("dim`wit`", "dimwit"), ("&#100;imw&#x69;t &amp;lt;", "dimwit &lt;"),
        ("[dim](http://x.org 't')wit ![a](b)", "dimwit a"),
        ("# a\n\n> b\n> c\n\n1. d\n2. e", "a\nb\nc\nd\ne"), ("```sh\na\n  b\n```\nc", "a\n  b\nc"),
        ("| a | b |\n|---|---|\n| c | `d\\|` |", "a\tb\nc\td|"),
        ("<b>dim</b>wit <!-- x -->", "<b>dim</b>wit <!-- x -->"),
        ("- [x] done", "done"), ("~~a~~ ~b~", "a b"), (#"\|\|a\|\| b || c"#, "||a|| b || c"),
        ("||a|| and ||b||", "a and b"),
        ("", ""), ("***", ""), ("[x]: y\n\n[a][x]", "a"), ("`||a||`", "||a||"),
    ])
    func `a reader sees no marks`(markdown: String, text: String) {
        #expect(VisibleText(markdown).text == text)
    }

    @Test(arguments: [
        ("dim**wit**", "dimwit", "dim**wit"), ("say dim||wit|| now", "dimwit", "dim||wit"),
        ("> > a\n> > d\\_w*i*t", "d_wit", "d\\_w*i*t"),
        ("&#100;imwit", "dimwit", "&#100;imwit"), ("[x](http://wit 'wit') wit", "wit", "wit"),
        ("- a\n  - `wit`", "wit", "wit"),
        ("| a |\n|-|\n| **w**it |", "wit", "w**it"), ("```\nwit\n```", "wit", "wit"), ("ä **ö**wit", "öwit", "ö**wit"),
    ])
    func `what is seen has its place in the original`(markdown: String, seen: String, original: String) throws {
        let visible = VisibleText(markdown, skipsPlain: false)
        let start = try #require(visible.bytes.firstRange(of: Array(seen.utf8))?.lowerBound)
        let place = try #require(visible.source(of: start..<(start + seen.utf8.count)))
        #expect(String(decoding: Array(markdown.utf8)[place], as: UTF8.self) == original)
        // The one that is seen, not one that looks the same in an address.
        #expect(place.upperBound > markdown.utf8.count - original.utf8.count - 6)
    }

    @Test func `where links lead is told beside what is seen`() {
        let visible = VisibleText(
            "[log](https://ci.example/7) <https://b.example/*> ![cat](https://i.example/c.png) [x]()")
        #expect(visible.text == "log https://b.example/* cat x")
        #expect(visible.targets == ["https://ci.example/7", "https://b.example/*", "https://i.example/c.png"])
    }

    @Test func `a text without marks is itself`() {
        let visible = VisibleText("just words, and 1 > 0\nx")
        #expect(visible.isOriginal && visible.text == "just words, and 1 > 0\nx")
        #expect(visible.source(of: 5..<10) == 5..<10)
        #expect(!VisibleText("*a*").isOriginal)
    }

    /// Texts that cost cmark-gfm seconds, or hundreds of megabytes, when it gets them as they are.
    @Test(arguments: [
        String(repeating: "- ", count: 5000) + "word" + String(repeating: "\n", count: 9000) + "word",
        String(repeating: ">", count: 8000) + "word",
        String(repeating: "|a", count: 3000) + "\n" + String(repeating: "|-", count: 3000) + "\n"
            + String(repeating: "word\n", count: 2000),
        String(repeating: "![[]()", count: 2600) + "word",
        "[a]: /" + String(repeating: "u", count: 8000) + "\n" + String(repeating: "[a]", count: 2500) + "word",
        String(repeating: "1) ", count: 5000) + "word",
    ])
    func `no text costs more than its length, and its words are still seen`(text: String) {
        let bounded = MarkdownBounds.bounded(text)
        #expect(bounded.count == text.utf8.count && bounded != Array(text.utf8))
        let visible = VisibleText(text)
        #expect(visible.text.contains("word") && visible.bytes.count <= 3 * text.utf8.count)
        #expect(visible.pieces.count <= 40_000)
        #expect(MarkdownHTML.render(text).utf8.count <= 400 * text.utf8.count)
    }

    @Test func `many threads read at once, and each reads the same`() async {
        let text = "a ~~b~~ http://x.org/_c_ **d**"
        let alone = MarkdownHTML.render(text)
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<200).count { _ in
                        MarkdownHTML.render(text) != alone || VisibleText(text).text != "a b http://x.org/c d"
                    }
                }
            }
            for await wrong in group { #expect(wrong == 0) }
        }
    }

    @Test(arguments: [
        ("**a** <b>&amp;", "<p><strong>a</strong> &lt;b&gt;&amp;</p>\n"),
        ("<script>x</script>\n\nb", "<p>&lt;script&gt;x&lt;/script&gt;\n</p>\n<p>b</p>\n"),
        ("[a](javascript:x)", "<p><a href=\"\">a</a></p>\n"),
        ("![a *b*](http://x.org/i.png)", "<p><a href=\"http://x.org/i.png\">a <em>b</em></a></p>\n"),
        ("a\nhttps://x.org/b", "<p>a<br />\n<a href=\"https://x.org/b\">https://x.org/b</a></p>\n"),
        ("| a |\n|---|", "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n</table>\n"), ("", ""),
    ])
    func `HTML for mail lets nothing through that loads or runs`(markdown: String, html: String) {
        #expect(MarkdownHTML.render(markdown) == html)
    }
}
