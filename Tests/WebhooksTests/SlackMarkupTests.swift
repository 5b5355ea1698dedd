import Testing

@testable import Webhooks

@Suite(.timeLimit(.minutes(1)))
struct SlackMarkupTests {
    @Test(arguments: [
        ("plain text", "plain text"),
        ("see <https://a.example/x|the page>", "see [the page](https://a.example/x)"),
        ("<https://a.example/x>", "<https://a.example/x>"),
        ("<https://a.example/?a=1&amp;b=2|q>", "[q](https://a.example/?a=1&b=2)"),
        ("<https://a.example/(x)|a [b]>", "[a \\[b\\]](https://a.example/%28x%29)"),
        ("<mailto:a@b.example|a@b.example>", "[a@b.example](mailto:a@b.example)"),
        ("<javascript:alert(1)|click>", "click"),
        ("<!here> <!channel> <!everyone>", "@here @channel @everyone"),
        ("<!subteam^S12|@ops> <!subteam^S12>", "@ops @S12"),
        ("<!date^1392734382^{date}|Feb 18, 2014>", "Feb 18, 2014"),
        ("<@U7> and <@U8|ben> in <#C1|general>", "@ada and @ben in #general"),
        ("<@U99> in <#C9>", "@U99 in #C9"),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&amp;lt;", "&lt;"),
        ("*bold* and ~gone~ and _it_", "**bold** and ~~gone~~ and _it_"),
        ("*<https://a.example|x>*", "**[x](https://a.example)**"),
        ("*a ~b~ c*", "**a ~~b~~ c**"),
        ("2*3*4", "2*3*4"), ("* item", "* item"), ("*open", "*open"), ("**already**", "**already**"),
        ("*one\ntwo*", "*one\ntwo*"), ("*a* *b*", "**a** **b**"), ("~~~", "~~~"),
        ("`*x* &lt; <@U7>` *y*", "`*x* < <@U7>` **y**"),
        ("```\n*x*\n<@U7>\n``` *y*", "```\n*x*\n<@U7>\n``` **y**"),
        ("*see `a*b` there*", "**see `a*b` there**"),
        ("1 < 2 > 0", "1 < 2 > 0"), ("<>", "<>"), ("<", "<"), ("&", "&"), ("", ""), ("<nothing>", "<nothing>"),
        ("Grüße, *Welt*", "Grüße, **Welt**"),
    ])
    func `Slack's markup becomes Markdown`(slack: String, markdown: String) {
        let markup = SlackMarkup(resolve: { $0 == .user("U7") ? "ada" : nil })
        #expect(markup.markdown(slack) == markdown)
    }

    @Test func `without formatting only links, mentions and entities are read`() {
        let markup = SlackMarkup(hasFormatting: false)
        #expect(markup.markdown("*a* <https://b.example|c> &gt;") == "*a* [c](https://b.example) >")
    }

    @Test func `what is mentioned without a name is told`() {
        #expect(
            SlackMarkup.references(in: "<@U1> <@U2|x> <#C3> `<@U4>` <!here>") == [.user("U1"), .channel("C3")])
    }

    @Test(arguments: ["*a ", "<", "`", "~x ", "&", "<@", "*<", "```"])
    func `a text of nothing but beginnings is read in one pass`(part: String) {
        let text = String(repeating: part, count: 60_000 / part.utf8.count)
        #expect(SlackMarkup().markdown(text).utf8.count >= text.utf8.count)
    }
}
