import Testing

@testable import SlackText

@Suite(.timeLimit(.minutes(1)))
struct SlackMarkupTests {
    private func read(_ slack: String) -> String {
        SlackMarkup(resolve: { $0 == .user("U7") ? "ada" : nil }).markdown(slack)
    }

    @Test(arguments: [
        ("plain text", "plain text"), ("", ""), ("2*3*4 = 24", #"2\*3\*4 = 24"#), ("* item", #"\* item"#),
        ("*open", #"\*open"#),
        ("**already**", #"\*\*already\*\*"#), ("*one\ntwo*", "\\*one\ntwo\\*"), ("~~~", #"\~\~\~"#),
        ("a * b * c", "a * b * c"),
        ("# of errors: 5", "\\# of errors: 5"), ("2026. A year", #"2026\. A year"#), ("+ 5", #"\+ 5"#),
        ("- a\n- b", "\\- a\n\\- b"),
        ("__init__ and snake_case", #"\_\_init\_\_ and snake_case"#), (#"C:\new \*"#, #"C:\\new \\\*"#),
        ("[x]: y", #"\[x]: y"#),
        ("1 < 2 > 0", "1 < 2 > 0"), ("<>", #"\<>"#), ("<", "<"), ("&", "&"), ("<nothing>", #"\<nothing>"#),
        ("<!what>", #"\<!what>"#),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"), ("&amp;lt;", #"\&lt;"#),
        ("List&lt;String&gt;", #"List\<String>"#),
        ("&nbsp; &quot;", #"\&nbsp; \&quot;"#),
        ("    indented\n\tby a tab", "\u{A0}\u{A0}\u{A0}\u{A0}indented\n\u{A0}\u{A0}\u{A0}\u{A0}by a tab"),
        ("a|b\n-|-", "a|b\n\\-|-"), ("a\n===", "a\n\\==="), ("---", #"\---"#), ("||x||", #"\|\|x\|\|"#),
        ("a\r\nb", "a\nb"),
    ])
    func `what Slack shows literally is literal`(slack: String, markdown: String) {
        #expect(read(slack) == markdown)
    }

    @Test(arguments: [
        ("*bold* and ~gone~ and _it_", "**bold** and ~~gone~~ and _it_"), ("*a* *b*", "**a** **b**"),
        ("*a ~b~ c*", "**a ~~b~~ c**"),
        ("*_both_*", "**_both_**"), ("_*both*_", "**_both_**"), ("“*a*”", "“**a**”"), ("*错误*：x", "**错误**：x"),
        ("*a*—b", "**a**—b"),
        ("(*a*)", "(**a**)"), ("*a*, *b*!", "**a**, **b**!"), ("*a*\u{A0}b", "**a**\u{A0}b"), ("a*b*", #"a\*b\*"#),
        ("é*b*", #"é\*b\*"#),
        ("*b*é", #"\*b\*é"#), ("*b*5", #"\*b\*5"#), ("✅*ok*", "✅**ok**"), ("* a*", #"\* a\*"#), ("*a *", #"\*a \*"#),
        ("*(a)*", "**(a)**"),
        ("*see `a*b` there*", "**see `a*b` there**"), ("*Grüße*, Welt", "**Grüße**, Welt"),
        ("*a*\n*b*", "**a**\n**b**"), ("~a~.", "~~a~~."),
        ("*2*3*", "**2\\*3**"), ("_a_b_", "_a_b_"), ("a\n\n    *b*", "a\n\n\u{A0}\u{A0}\u{A0}\u{A0}**b**"),
    ])
    func `marks are marks beside what is no letter or digit of any script`(slack: String, markdown: String) {
        #expect(read(slack) == markdown)
    }

    @Test(arguments: [
        ("see <https://a.example/x|the page>", "see [the page](https://a.example/x)"),
        ("<https://a.example/x>", "<https://a.example/x>"),
        ("<https://a.example/?a=1&amp;b=2|q>", "[q](https://a.example/?a=1&b=2)"),
        ("<https://a.example/(x)|a [b]>", #"[a \[b\]](https://a.example/(x))"#),
        ("<https://x.org|a &lt;b&gt; c>", #"[a \<b> c](https://x.org)"#),
        ("<https://x.org|*a* _b_>", #"[\*a\* \_b\_](https://x.org)"#), ("!<https://x.org|a>", #"\![a](https://x.org)"#),
        ("<https://x.org|>", "<https://x.org>"), ("*<https://a.example|x>*", "**[x](https://a.example)**"),
        ("<mailto:a@b.example|a@b.example>", "<a@b.example>"), ("<mailto:a@b.example>", "<a@b.example>"),
        ("<mailto:a@b.example?subject=x|Write>", "[Write](mailto:a@b.example?subject=x)"),
        ("<tel:+4912|call>", "[call](tel:+4912)"),
        ("<javascript:alert(1)|click>", "click"), ("<javascript:alert(1)>", "javascript:alert(1)"),
        ("<data:text/html,x|y>", "y"),
        ("https://ci.example/s?q=*foo*", "<https://ci.example/s?q=*foo*>"),
        ("https://x.org/a_b_c ok", "https://x.org/a_b_c ok"),
        ("*https://x.org/a*", "**https://x.org/a**"), ("see https://x.org/_a_.", "see <https://x.org/_a_>."),
        ("https://x.org/~a~b ~c~", "<https://x.org/~a~b> ~~c~~"),
    ])
    func `links lead where they led, and addresses are not touched`(slack: String, markdown: String) {
        #expect(read(slack) == markdown)
    }

    @Test(arguments: [
        ("<!here> <!channel> <!everyone> <!group>", "@here @channel @everyone @group"),
        ("<!subteam^S12|@ops> <!subteam^S12>", "@ops @S12"),
        ("<!subteam^S12|ops>", "@ops"), ("<!date^1392734382^{date}|Feb 18, 2014>", "Feb 18, 2014"),
        ("<!date^1392734382^Posted {date_num}>", "Posted 2014-02-18"),
        ("<!date^1392734382^{date_long} at {time_secs}>", "Tuesday, February 18th, 2014 at 14:39:42 UTC"),
        ("<!date^1392734382^{date_short}^https://x.org>", "[Feb 18, 2014](https://x.org)"),
        ("<!date^x^{date}|then>", "then"),
        ("<!date^0^{date_num} {time} {what}>", "1970-01-01 00:00 UTC {what}"),
        ("<!date^-86400^{date_num}>", "1969-12-31"),
        ("<!date^951782400^{date_pretty}>", "February 29th, 2000"), ("<!unknown|shown>", "shown"),
        ("<@U7> and <@U8|ben> in <#C1|general>", "@ada and @ben in #general"), ("<@U99> in <#C9>", "@U99 in #C9"),
        ("<@U8|a_b_>", #"@a_b\_"#),
    ])
    func `mentions, groups and dates are shown as words`(slack: String, markdown: String) {
        #expect(read(slack) == markdown)
    }

    @Test(arguments: [
        ("`*x* &lt; <@U7>` *y*", "`*x* < <@U7>` **y**"), ("`<https://a.example|b>`", "`b`"), ("`a", #"\`a"#),
        ("``", #"\`\`"#), ("` `", #"\` \`"#),
        ("```\n*x*\n<@U7>\n``` *y*", "```\n*x*\n<@U7>\n```\n**y**"),
        ("```Error: boom\n at foo```\nNext *b*", "```\nError: boom\n at foo\n```\nNext **b**"),
        ("```\nline1\nline2```\nafter *b*", "```\nline1\nline2\n```\nafter **b**"),
        ("a ```b``` c", "a\n```\nb\n```\nc"), ("```", #"\`\`\`"#),
        ("``````", #"\`\`\`\`\`\`"#), ("```a```\n```b```", "```\na\n```\n```\nb\n```"),
        ("```a\n``\nb```", "```\na\n``\nb\n```"),
        ("```json\n{}\n```", "```\njson\n{}\n```"), ("*a* ```b", "**a** \\`\\`\\`b"),
    ])
    func `code stands on lines of its own and is not read`(slack: String, markdown: String) {
        #expect(read(slack) == markdown)
    }

    @Test(arguments: [
        ("> a\nb", "> a\n\nb"), ("&gt; a\n&gt; *b*\nc", "> a\n> **b**\n\nc"), (">a", "> a"),
        ("a\n> b\n> c\n\nd", "a\n> b\n> c\n\nd"),
        (">>> a\nb\n\nc", "> a\n> b\n>\n> c"), ("x\n>>>a\n```b```", "x\n> a\n> ```\n> b\n> ```"), ("a > b", "a > b"),
        ("> > a", "> \\> a"),
        ("> ```a```\nb", "> ```\n> a\n> ```\n\nb"), (">", ""), ("> # a\n> - b", "> \\# a\n> \\- b"),
        ("&gt;&gt;&gt; a\nb", "> a\n> b"),
    ])
    func `a quotation ends where Slack ends it`(slack: String, markdown: String) {
        #expect(read(slack) == markdown)
    }

    @Test func `without formatting only links, mentions and entities are read`() {
        let markup = SlackMarkup(hasFormatting: false)
        #expect(
            markup.markdown("*a* <https://b.example|c> &gt; `x`\n> y")
                == "\\*a\\* [c](https://b.example) > \\`x\\`\n\\> y")
    }

    @Test(arguments: [
        "*a ", "<", "`", "~x ", "&", "<@", "*<", "```", "```a", "> ", ">>>", "*http://a", "_*~", "` a", "\n",
    ])
    func `a text of nothing but beginnings is read in one pass`(part: String) {
        let text = String(repeating: part, count: 40_000 / part.utf8.count)
        #expect(SlackMarkup().markdown(text).utf8.count <= 8 * text.utf8.count)
    }
}
