import ChatModel
import Markdown
import SlackText
import Testing

@testable import Webhooks

/// Payloads in Slack's form, with what Slack shows of them.
@Suite(.timeLimit(.minutes(1)))
struct FallbackTextTests {
    private static func make(_ body: String) throws -> String {
        let payload = try WebhookPayload(json: Array(body.utf8))
        return FallbackText.make(payload, markup: SlackMarkup(hasFormatting: payload.isMarkup))
    }

    private static func rich(_ elements: String) -> String {
        #"{"blocks":[{"type":"rich_text","elements":[\#(elements)]}]}"#
    }
    private static func section(_ elements: String) -> String {
        rich(#"{"type":"rich_text_section","elements":[\#(elements)]}"#)
    }
    private static func list(_ style: String, _ indent: Int, _ items: String..., offset: Int = 0) -> String {
        let elements = items.map { #"{"type":"rich_text_section","elements":[{"type":"text","text":"\#($0)"}]}"# }
            .joined(separator: ",")
        return
            #"{"type":"rich_text_list","style":"\#(style)","indent":\#(indent),"offset":\#(offset),"elements":[\#(elements)]}"#
    }

    @Test(arguments: [
        (
            section(#"{"type":"text","text":"a "},{"type":"text","text":"b","style":{"bold":true,"italic":true}}"#),
            "a **_b_**"
        ),
        (section(#"{"type":"text","text":"b","style":{"bold":true}},{"type":"text","text":"c"}"#), "**b**c"),
        (
            section(
                #"{"type":"text","text":"x","style":{"strike":true}},{"type":"text","text":" y*","style":{"code":true}}"#
            ), "~~x~~` y*`"
        ),
        (
            section(
                #"{"type":"text","text":"un"},{"type":"text","text":"believ","style":{"italic":true}},{"type":"text","text":"able"}"#
            ), "u&#110;_believ_&#97;ble"
        ),
        (section(#"{"type":"text","text":"2*3*4 &lt; <d>\n# x"}"#), "2\\*3\\*4 \\&lt; \\<d>\n\\# x"),
        (
            section(#"{"type":"link","url":"https://a.example","text":"here"},{"type":"emoji","name":"wave"}"#),
            "[here](https://a.example):wave:"
        ),
        (
            section(#"{"type":"link","url":"https://a.example/_x_"},{"type":"link","url":"javascript:x","text":"no"}"#),
            "<https://a.example/_x_>no"
        ),
        (
            section(
                #"{"type":"link","url":"mailto:a@b.org"},{"type":"text","text":" "},{"type":"link","url":"https://a.b","text":"t","style":{"bold":true}}"#
            ), "<a@b.org> **[t](https://a.b)**"
        ),
        (
            section(
                #"{"type":"user","user_id":"U1"},{"type":"text","text":" "},{"type":"channel","channel_id":"C1"},{"type":"broadcast","range":"here"},{"type":"usergroup","usergroup_id":"S1"}"#
            ), "@U1 #C1@here@S1"
        ),
        (
            section(
                ##"{"type":"date","timestamp":1392734382,"format":"{date_num} at {time}"},{"type":"color","value":"#F405B3"}"##
            ), "2014-02-18 at 14:39 UTC#F405B3"
        ),
        (
            section(#"{"type":"date","timestamp":1392734382,"format":"{date}","fallback":"then","url":"https://a.b"}"#),
            "[then](https://a.b)"
        ),
        (section(#"{"type":"whatever","text":"still"},{"type":"other"}"#), "still"),
        (
            rich(
                #"{"type":"rich_text_quote","elements":[{"type":"text","text":"l1\nl2"}]},{"type":"rich_text_section","elements":[{"type":"text","text":"after"}]}"#
            ), "> l1\n> l2\n\nafter"
        ),
        (
            rich(
                #"{"type":"rich_text_preformatted","elements":[{"type":"text","text":"a *b*\n```\n"},{"type":"link","url":"https://x.org"}]}"#
            ), "````\na *b*\n```\nhttps://x.org\n````"
        ),
        (rich(list("bullet", 0, "one", "- two")), "- one\n- \\- two"),
        (rich(list("ordered", 0, "one", "two")), "1. one\n2. two"),
        (rich(list("ordered", 0, "six", offset: 5)), "6. six"),
        (
            rich(list("bullet", 0, "a") + "," + list("bullet", 1, "b", "c") + "," + list("bullet", 0, "d")),
            "- a\n  - b\n  - c\n- d"
        ),
        (
            rich(list("ordered", 0, "a") + "," + list("bullet", 1, "b") + "," + list("ordered", 0, "c")),
            "1. a\n   - b\n2. c"
        ),
        (
            rich(list("bullet", 0, "a") + "," + list("bullet", 2, "b") + "," + list("bullet", 1, "c")),
            "- a\n  - b\n  * c"
        ),
        (rich(list("bullet", 1, "b")), "- b"),
        (rich(list("bullet", 0, "a") + "," + list("ordered", 0, "b")), "- a\n\n1. b"),
        (
            rich(#"{"type":"rich_text_section","elements":[{"type":"text","text":"Hi\n"}]},"# + list("bullet", 0, "x")),
            "Hi\n- x"
        ),
    ])
    func `rich text keeps its styles, lists, quotations and links`(body: String, markdown: String) throws {
        #expect(try Self.make(body) == markdown)
    }

    @Test(arguments: [
        (
            #"{"blocks":[{"type":"header","text":{"type":"plain_text","text":"Build *9*"}},{"type":"divider"},{"type":"section","text":{"type":"mrkdwn","text":"*ok* <https://a.example|log>"},"fields":[{"type":"mrkdwn","text":"~x~"},{"type":"plain_text","text":"~y~"}]},{"type":"context","elements":[{"type":"image","alt_text":"pic","image_url":"https://a.example/i.png"},{"type":"mrkdwn","text":"by _ada_"}]}]}"#,
            "**Build \\*9\\***\n\n---\n**ok** [log](https://a.example)\n~~x~~\n\\~y\\~\n[pic](https://a.example/i.png) by _ada_"
        ),
        (
            #"{"blocks":[{"type":"image","image_url":"https://a.example/c.png","alt_text":"a cat"},{"type":"markdown","text":"**as is** <b>"}]}"#,
            "[a cat](https://a.example/c.png)\n\n**as is** <b>"
        ),
        (#"{"blocks":[{"type":"image","image_url":"https://a.example/c.png"}]}"#, "<https://a.example/c.png>"),
        (
            #"{"blocks":[{"type":"image","slack_file":{"url":"https://f.example/1"},"title":{"type":"plain_text","text":"T"},"alt_text":"x"}]}"#,
            "T\n[x](https://f.example/1)"
        ),
        (#"{"blocks":[{"type":"divider"}]}"#, "---"),
        (
            #"{"text":"for the notification","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"shown"}}]}"#,
            "shown"
        ),
        (#"{"text":"only this","blocks":[{"type":"divider"}]}"#, "---\nonly this"),
        (
            #"{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":"Deploy failed"},"accessory":{"type":"button","text":{"type":"plain_text","text":"View"},"url":"https://ci.example.org/7"}},{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"Log"},"url":"https://ci.example.org/7/log"},{"type":"button","text":{"type":"plain_text","text":"Ack"},"value":"1"}]}]}"#,
            "Deploy failed [View](https://ci.example.org/7)\n[Log](https://ci.example.org/7/log)"
        ),
        (
            #"{"blocks":[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"Approve"},"value":"1"},{"type":"static_select","placeholder":{"type":"plain_text","text":"Pick"}}]}]}"#,
            "\\[Approve] \\[Pick]"
        ),
        (
            #"{"blocks":[{"type":"actions","elements":[{"type":"overflow","options":[{"text":{"type":"plain_text","text":"Docs"},"url":"https://d.example"},{"text":{"type":"plain_text","text":"no"}}]}]}]}"#,
            "[Docs](https://d.example)"
        ),
        (
            #"{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":"a\n> b"},"accessory":{"type":"image","image_url":"https://i.example","alt_text":"i"}}]}"#,
            "a\n> b\n\n[i](https://i.example)"
        ),
        (
            #"{"blocks":[{"type":"video","title":{"type":"plain_text","text":"Talk"},"title_url":"https://v.example/t","video_url":"https://v.example/e","alt_text":"a talk","description":{"type":"plain_text","text":"1*2*3"}}]}"#,
            "[Talk](https://v.example/t)\n1\\*2\\*3\n[a talk](https://v.example/e)"
        ),
        (
            #"{"blocks":[{"type":"table","rows":[[{"type":"raw_text","text":"k"},{"type":"raw_text","text":"v|w"}],[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"b","style":{"bold":true}}]}]},{"type":"raw_text","text":"2"}]]}]}"#,
            "| k | v\\|w |\n| --- | --- |\n| **b** | 2 |"
        ),
        (
            #"{"blocks":[{"type":"card","title":{"type":"mrkdwn","text":"*Trip*"},"subtitle":{"type":"plain_text","text":"to *X*"},"hero_image":{"type":"image","image_url":"https://i.example/h","alt_text":"hero"},"body":{"type":"mrkdwn","text":"go"},"actions":[{"type":"button","text":{"type":"plain_text","text":"Book"},"url":"https://b.example"}]}]}"#,
            "**Trip**\nto \\*X\\*\ngo\n[hero](https://i.example/h)\n[Book](https://b.example)"
        ),
        (
            #"{"blocks":[{"type":"carousel","elements":[{"type":"card","title":{"type":"plain_text","text":"A"}},{"type":"card","title":{"type":"plain_text","text":"B"}}]}]}"#,
            "A\nB"
        ),
        (#"{"blocks":[{"type":"card"}]}"#, "\\[card]"),
        (#"{"blocks":[{"type":"file","external_id":"x"}]}"#, "\\[file]"),
        (
            #"{"blocks":[{"type":"input","label":{"type":"plain_text","text":"Name?"},"element":{"type":"plain_text_input"}}]}"#,
            "Name?"
        ),
        (
            #"{"blocks":[{"type":"section","text":7,"fields":"x"},{"type":"rich_text","elements":{}},{"type":"table"}]}"#,
            "\\[section]"
        ),
    ])
    func `blocks read as Slack shows them, with what one acts upon`(body: String, markdown: String) throws {
        #expect(try Self.make(body) == markdown)
    }

    @Test(arguments: [
        (
            #"{"attachments":[{"fallback":"f","pretext":"_p_","title":"t #1*","title_link":"https://a.example","text":"*x*","fields":[{"title":"k*","value":"`v`"}],"footer":"foot_"}]}"#,
            "_p_\n[t #1\\*](https://a.example)\n**x**\nk\\*: `v`\nfoot\\_"
        ),
        (#"{"attachments":[{"fallback":"only *this*","color":"danger"}]}"#, "only \\*this\\*"),
        (
            #"{"attachments":[{"image_url":"https://a.example/i.png","thumb_url":"https://a.example/t.png"}]}"#,
            "<https://a.example/i.png>"
        ),
        (#"{"attachments":[{"thumb_url":"https://a.example/t.png"}]}"#, "<https://a.example/t.png>"),
        (#"{"attachments":[{"title":"t","title_link":"not a link"}]}"#, "t"),
        (
            #"{"text":"first","attachments":[{"author_name":"Ada","author_link":"https://ada.example","author_subname":"(dev)","text":"second"}]}"#,
            "first\n[Ada](https://ada.example) (dev)\nsecond"
        ),
        (#"{"attachments":[{"text":"*a* <https://x.org|y>","mrkdwn_in":["pretext"]}]}"#, "\\*a\\* [y](https://x.org)"),
        (#"{"mrkdwn":false,"text":"*a*","attachments":[{"text":"*b*"}]}"#, "\\*a\\*\n\\*b\\*"),
        (
            #"{"attachments":[{"text":"x","actions":[{"type":"button","text":"Open","url":"https://o.example"},{"type":"button","text":"Ack","name":"a"}]}]}"#,
            "x\n[Open](https://o.example)"
        ),
        (#"{"attachments":[{"actions":[{"type":"button","text":"Ack","name":"a"}]}]}"#, "\\[Ack]"),
        (
            #"{"attachments":[{"fields":[{"title":"Log","value":"```a\nb```"},{"title":"only"},{"value":"- v"}]}]}"#,
            "Log\n```\na\nb\n```\nonly\n\\- v"
        ),
        (
            #"{"attachments":[{"blocks":[{"type":"section","text":{"type":"plain_text","text":"in &lt;it&gt;"}}]}]}"#,
            "in \\<it>"
        ),
        (
            #"{"skip_slack_parsing":true,"text":"**as** _is_ <x>","attachments":[{"text":"*too*"}]}"#,
            "**as** _is_ <x>\n\n*too*"
        ),
        (#"{"text":"a\n\n\n*b*"}"#, "a\n\n**b**"), (#"{"text":"  "}"#, ""), ("{}", ""),
        (#"{"attachments":[{"color":"good"}]}"#, ""),
    ])
    func `attachments read as Slack shows them, behind the text`(body: String, markdown: String) throws {
        #expect(try Self.make(body) == markdown)
    }

    /// What is no markup in Slack, or would be some in Markdown.
    private static let literals = [
        "2*3*4", "__init__", "# of errors", "2026. A year", "+ 5", "- x", "1) x", "List<String> &amp; &copy;",
        #"C:\dir\*"#, "[a](b)",
        "![x]", "a | b || c", "~~no~~", "`tick", "<b>bold</b>", "错误*：", "“*a*b", "www.x.org/*a*",
        "https://x.org/?q=*f*&a_b", "a@b_c.org",
        "=====", "| - | - |", "!", "&lt;", "\\", "_", "*", "{date}", "@ada_", "C#",
    ]

    /// Where texts stand in a payload, `%` for the text.
    private static let places = [
        #"{"blocks":[{"type":"section","text":{"type":"plain_text","text":"%"}}]}"#,
        #"{"blocks":[{"type":"header","text":{"type":"plain_text","text":"%"}}]}"#,
        #"{"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"%"}]}]}]}"#,
        #"{"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_list","style":"bullet","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"%"}]}]}]}]}"#,
        #"{"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_quote","elements":[{"type":"text","text":"%","style":{"bold":true}}]}]}]}"#,
        #"{"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_preformatted","elements":[{"type":"text","text":"%"}]}]}]}"#,
        #"{"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"link","url":"https://x.org","text":"%"}]}]}]}"#,
        #"{"blocks":[{"type":"table","rows":[[{"type":"raw_text","text":"%"}]]}]}"#,
        #"{"blocks":[{"type":"context","elements":[{"type":"plain_text","text":"%"}]}]}"#,
        #"{"blocks":[{"type":"actions","elements":[{"type":"button","url":"https://x.org","text":{"type":"plain_text","text":"%"}}]}]}"#,
        #"{"attachments":[{"title":"%"}]}"#, #"{"attachments":[{"title":"%","title_link":"https://x.org"}]}"#,
        #"{"attachments":[{"author_name":"%"}]}"#,
        #"{"attachments":[{"footer":"%"}]}"#, #"{"attachments":[{"fields":[{"title":"%"}]}]}"#,
        #"{"attachments":[{"fallback":"%"}]}"#, #"{"mrkdwn":false,"text":"%"}"#,
    ]

    @Test(arguments: places)
    func `any literal text of any source is read as that text`(place: String) throws {
        for literal in Self.literals {
            let isEscaped = !place.contains("rich_text") && !place.contains("raw_text")
            let text =
                isEscaped
                ? literal.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
                : literal
            let json = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            let markdown = try Self.make(place.replacing("%", with: json))
            #expect(VisibleText(markdown, skipsPlain: false).text == literal, "\(markdown) in \(place)")
        }
    }

    @Test func `a text of the greatest length that grows is cut with a mark, as longer ones are`() throws {
        for text in [String(repeating: "*", count: 16_000), String(repeating: "word ", count: 8000)] {
            let markdown = try Self.make(#"{"text":"\#(text)"}"#)
            #expect(markdown.unicodeScalars.count <= 16_000 && markdown.hasSuffix("…"))
        }
        let fits = String(repeating: "ä", count: 16_000)
        #expect(try Self.make(#"{"text":"\#(fits)"}"#) == fits)
        let attachment = "{\"text\":\"\(String(repeating: "ä", count: 9000))\"}"
        let whole = try Self.make("{\"attachments\":[\(attachment),\(attachment)]}")
        #expect(whole.unicodeScalars.count > 15_000 && whole.unicodeScalars.count <= 16_000 && whole.hasSuffix("…"))
    }

    @Test func `hostile payloads are read within bounds`() throws {
        let deep = String(repeating: #"{"type":"x","elements":["#, count: 12) + String(repeating: "]}", count: 12)
        #expect(try Self.make(#"{"blocks":[\#(deep)]}"#) == "\\[x]")
        let fields = String(repeating: #"{"title":"t","value":"v"},"#, count: 1500) + "{}"
        let many = #"{"attachments":[{"fields":[\#(fields)]},{"text":"last"}]}"#
        #expect(try Self.make(many).hasSuffix("t: v\nlast"))
        let lists = (0..<200).map { Self.list("bullet", $0, "i\($0)") }.joined(separator: ",")
        #expect(try Self.make(Self.rich(lists)).contains("i199"))
    }
}
