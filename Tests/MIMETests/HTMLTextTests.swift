import MIME
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTMLTextTests {
    @Test(arguments: [
        ("<p>Hello   <b>you</b></p><p>again</p>", "Hello you\n\nagain"), ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>a</div><div>b</div>", "a\nb"), ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<style>p{}</style><script>if (a<b) {'</p>'}</script>x<!-- <p>no</p> -->y", "xy"),
        ("&lt;b&gt; &amp;amp; &#8364;&#x20AC; &nbsp;&unknown; & &", "<b> &amp; €€ &unknown; & &"),
        ("<a href=\"https://example.org/a?b=1&amp;c=2\">here</a>!", "here (https://example.org/a?b=1&c=2)!"),
        ("<a href=https://example.org>https://example.org</a>", "https://example.org"),
        ("<a href='mailto:a@x'>a@x</a> <a href='javascript:alert(1)'>no</a>", "a@x no"),
        ("<a class=x HREF = 'http://x/'><img src=y></a>", ""), ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<blockquote>a<br>b</blockquote>c", "> a\n> b\n\nc"), ("<pre>a\n  b</pre>", "a\n  b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<p title='a>b'>x</p>", "x"), ("<p it's>x</p>", "x"),
        ("&#0;&#x1F;&#xD800;&#99999999999;a", "&#xD800;&#99999999999;a"),
        ("", ""), ("<", "<"), ("</", "</"), ("<a", ""), ("<!--", ""), ("<script>", ""), ("&", "&"), ("<p", ""),
        ("Ünï — 🎉", "Ünï — 🎉"),
    ])
    func `HTML is read as text`(html: String, expected: String) { #expect(HTMLText.plain(html) == expected) }

    @Test(arguments: [
        "<", "<a ", "<a href=\"", "&", "&#", "<!--", "<script>", "</script", "<blockquote>", "<p>",
        "<a href='http://x'>y",
        "\"", "<x '", "<pre>\n", " ",
    ])
    func `many bytes of one piece take no longer than others`(piece: String) {
        let html = String(repeating: piece, count: 300_000 / piece.utf8.count)
        #expect(HTMLText.plain(html).utf8.count <= 9_000_000)
    }
}
