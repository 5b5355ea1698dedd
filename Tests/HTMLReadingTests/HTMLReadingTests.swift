import Markdown
import Testing

@testable import HTMLReading

@Suite(.timeLimit(.minutes(1)))
struct HTMLReadingTests {
    @Test(arguments: [
        (
            "<p>a <b>b</b> c&nbsp;&eacute;&hellip;&notin;&check;&comma; &amp;lt;</p><p>x<br>y<br><br>z</p>",
            "a **b** c é…∉✓, \\&lt;\n\nx\ny\n\nz"
        ),
        ("<div>a</div><div><br></div><div>b</div><div>c</div>", "a\n\nb\nc"),
        ("<ol start=3><li>a<ul><li>b</li></ul></li><li><p>c</p></li></ol>after", "3. a\n   - b\n4. c\n\nafter"),
        ("<ul><li>a<ul><li>b</ul><ul><li>c</ul></ul>", "- a\n  - b\n  * c"),
        (
            "<table><tr><th>a</th><th>b</th></tr><tr><td>1|2</td><td><b>2</b></td></tr></table>",
            "| a | b |\n| --- | --- |\n| 1\\|2 | **2** |"
        ),
        ("<table><tr><td><p>lay</p><p>out</p></td><td>x</td></tr></table>", "lay\n\nout\n\nx"),
        (
            "<a href='https://x.org/?a=1&amp;b=2'>the <b>page</b></a> <img src=x alt='A cat'>",
            "[the **page**](https://x.org/?a=1&b=2) A cat"
        ),
        (
            "<a href='javascript:x'>bad</a> <a href='mailto:a@b.org'>a@b.org</a> <a href='https://x.org'>https://x.org</a>",
            "bad <a@b.org> <https://x.org>"
        ),
        (
            "<style>x</style><script>y</script><title>t</title>seen<span style='display: none'>hidden</span><!-- no -->",
            "seen"
        ),
        ("<pre>a\n  b &lt;c&gt;</pre>tail 2*3*4 <br># x", "```\na\n  b <c>\n```\ntail 2\\*3\\*4\n\\# x"),
        (
            "<h2>Head</h2><blockquote>q1<br>q2<blockquote>q3</blockquote></blockquote><hr>end",
            "## Head\n> q1\n> q2\n> > q3\n\n---\nend"
        ),
        ("<p>un<b>believ</b>able <i> x </i>y <s>z</s> <code>w*</code></p>", "un**believ**able _x_ y ~~z~~ `w*`"),
        ("just text &amp; more < less", "just text & more < less"), ("", ""), ("<p> </p><div>&nbsp;</div>", ""),
        ("<meta charset=iso-8859-1><p>Grüße 错误 😀</p>", "Grüße 错误 😀"),
        ("<p>open <b>never closed <p>next", "open **never closed**\n\nnext"),
    ])
    func `HTML reads as a person sees it`(html: String, markdown: String) {
        #expect(HTMLReading.markdown(html) == markdown)
    }

    @Test(
        arguments: [
            (
                "Hello<div class=gmail_quote><div class=gmail_attr>On x, y wrote:<br></div><blockquote class=gmail_quote>old</blockquote></div>",
                "Hello", "On x, y wrote:\n> old", .gmail
            ),
            (
                "Ja<div class=gmail_quote>Am 1.1. schrieb x<blockquote>alt</blockquote></div>", "Ja",
                "Am 1.1. schrieb x\n> alt", .gmail
            ),
            (
                "<div>My answer</div><hr><div id=x_divRplyFwdMsg><b>From:</b> a<br><b>Sent:</b> b</div><div>old</div>",
                "My answer", "---\n**From:** a\n**Sent:** b\nold", .outlook
            ),
            (
                "<p>Hi,</p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'><p><b>Von:</b> a<br><b>Gesendet:</b> b</p></div><p>old</p>",
                "Hi,", "**Von:** a\n**Gesendet:** b\n\nold", .outlook
            ),
            (
                "<p>Yes</p><div class=moz-cite-prefix>Am 1.1. schrieb x:<br></div><blockquote type=cite cite='mid:x'><p>old</p></blockquote>",
                "Yes", "Am 1.1. schrieb x:\n> old", .thunderbird
            ),
            (
                "Ja<div>Le 1 janv. a écrit :</div><br class='Apple-interchange-newline'><blockquote type=cite>old</blockquote>",
                "Ja\nLe 1 janv. a écrit :", "> old", .apple
            ),
            (
                "Ok<div id='yahoo_quoted_1' class='yahoo_quoted'><div>On x, y wrote:</div>old</div>", "Ok",
                "On x, y wrote:\nold", .yahoo
            ),
            (
                "Ok<div class='protonmail_quote'>On x<blockquote class='protonmail_quote' type=cite>old</blockquote></div><br>",
                "Ok", "On x\n> old", .proton
            ),
            ("<div>Ok</div><hr id='zwchr' data-marker='__DIVIDER__'><div>old</div>", "Ok", "---\nold", .zimbra),
            ("Ok<div name='quote'>old</div>", "Ok", "old", .gmx),
        ] as [(String, String, String, HTMLQuotation.Client)])
    func `a mail is cut where its program marks the quotation`(
        html: String, written: String, quoted: String, client: HTMLQuotation.Client
    ) {
        let parts = HTMLReading.split(html)
        #expect(parts.written == written && parts.quoted == quoted && parts.quotation?.client == client)
    }

    @Test(arguments: [
        "<blockquote type=cite>old</blockquote><p>below</p>",
        "a<blockquote type=cite>old</blockquote>b<blockquote type=cite>c</blockquote>d",
        "FYI<div class=gmail_quote><div class=gmail_attr>Forwarded message<br></div>text</div>",
        "FYI<div class=gmail_quote><div class=gmail_attr>---------- Weitergeleitet<br></div>a<blockquote class=gmail_quote>b</blockquote></div>",
        "<div class=moz-cite-prefix>On x wrote</div><p>my words</p>", "<blockquote>a poem</blockquote>", "plain",
        "<p>x</p><div class=moz-forward-container>text</div>",
    ])
    func `what a person wrote behind a quotation, or passed on, is not cut`(html: String) {
        let parts = HTMLReading.split(html)
        #expect(parts.quoted == nil && parts.written == HTMLReading.markdown(html))
    }

    @Test(arguments: [
        String(repeating: "<div>", count: 10_000) + "x",
        String(repeating: "<b>", count: 400) + String(repeating: "</i>", count: 5_000) + "x",
        String(repeating: "<p>a", count: 60_000), String(repeating: "<ul><li>a", count: 5_000),
        String(repeating: "<table><tr><td>a<td>b<tr><td>c<td>d", count: 500),
        String(repeating: "&check;", count: 5_000), String(repeating: "&", count: 10_000),
        String(repeating: "<div style='border:none;border-top:solid'>", count: 400)
            + String(repeating: "<b>x</b>", count: 2_000),
        String(repeating: "<blockquote>", count: 150) + "deep", String(repeating: "a ", count: 50_000),
    ])
    func `no HTML costs more than its bounds`(html: String) {
        let document = HTMLDocument(html)
        #expect(document.nodes.count <= HTMLDocument.maximumNodes)
        #expect(HTMLReading.split(html, limit: 16_000).written.unicodeScalars.count <= 16_000)
    }

    @Test func `what was left out is told`() {
        #expect(HTMLReading.split(String(repeating: "<i>", count: 2000)).isCut)
        #expect(HTMLReading.split(String(repeating: "word", count: 600_000)).isCut)
        #expect(!HTMLReading.split("<p>short</p>").isCut)
        #expect(HTMLReading.markdown(String(repeating: "<blockquote>", count: 150) + "deep").hasSuffix("> deep"))
    }
}
