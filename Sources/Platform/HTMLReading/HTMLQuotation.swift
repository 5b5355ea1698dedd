/// Where a mail in HTML begins to quote another, by the structure that mail programs give it, in whatever language.
package struct HTMLQuotation: Sendable, Equatable {
    package enum Client: String, Sendable, CaseIterable {
        case gmail, outlook, thunderbird, apple, yahoo, proton, zimbra, zoho, gmx, other
    }

    package let client: Client
    /// The first node of the quotation, its attribution included where the program marks that.
    package let start: Int
    /// Whether the program says that the mail is forwarded, not answered: what it holds is meant to be read.
    package let isForward: Bool
    /// Whether something that a person sees stands behind the quotation: then it was answered below or in between.
    package let hasTextBehind: Bool

    /// The outermost and first quotation of a mail; nil when no program has marked one.
    package static func find(_ document: HTMLDocument) -> HTMLQuotation? {
        var heads = 0
        for index in document.nodes.indices.dropFirst() {
            guard let (client, end) = mark(document, index, &heads) else { continue }
            var start = index
            // The attribution stands in a box of its own before the quotation.
            if let before = attribution(document, before: index) { start = before }
            return HTMLQuotation(
                client: client, start: start, isForward: isForward(document, index, client),
                hasTextBehind: hasText(document, from: end))
        }
        return nil
    }

    /// Boxes that may be the head of Outlook's quotation and are looked into.
    private static let maximumHeads = 50

    /// The program that begins a quotation at node `index`, and the first node behind it.
    private static func mark(_ document: HTMLDocument, _ index: Int, _ heads: inout Int) -> (Client, end: Int)? {
        let node = document.nodes[index]
        guard !node.isText, !node.attributes.isEmpty else { return nil }
        let id = node.id ?? ""
        let rest = document.nodes.count
        var end: Int { document.end(of: index) }
        if id == "divRplyFwdMsg" || id == "OLK_SRC_BODY_SECTION" || id == "mail-editor-reference-message-container"
            || id == "ms-outlook-mobile-reference-message" || node.hasClass("ms-outlook-mobile-reference-message")
            || node.hasClass("OutlookMessageHeader") || isOutlookHead(document, index, &heads)
        {
            return (.outlook, rest)
        }
        if node.hasClass("moz-cite-prefix") { return followingQuote(document, index) }
        if node.hasClass("moz-forward-container") { return (.thunderbird, rest) }
        if node.hasClass("gmail_quote") || node.hasClass("gmail_quote_container") { return (.gmail, end) }
        if node.hasClass("yahoo_quoted") || id.hasPrefix("yahoo_quoted") || node.hasClass("yQTDBase") {
            return (.yahoo, end)
        }
        if node.hasClass("protonmail_quote") { return (.proton, end) }
        if node.hasClass("zmail_extra") || node.hasClass("zmail_extra_hr") { return (.zoho, rest) }
        if id == "zwchr" || node.attributes["data-marker"] == "__DIVIDER__"
            || node.attributes["data-marker"] == "__QUOTED_TEXT__"
        {
            return (.zimbra, rest)
        }
        if node.name == "div", node.attributes["name"] == "quote" { return (.gmx, end) }
        if node.hasClass("tutanota_quote") || node.hasClass("moz-email-headers-table") || node.hasClass("WM_quote") {
            return (.other, end)
        }
        if node.name == "blockquote", node.attributes["type"]?.lowercased() == "cite" || id == "replyBlockquote" {
            let isApple =
                node.attributes["cite"] == nil && document.first { $0.hasClass("Apple-interchange-newline") } != nil
            return (isApple ? .apple : .other, end)
        }
        return nil
    }

    /// Thunderbird's attribution begins a quotation only where one follows it.
    private static func followingQuote(_ document: HTMLDocument, _ index: Int) -> (Client, end: Int)? {
        let siblings = document.nodes[document.nodes[index].parent].children
        for next in siblings[(place(of: index, in: siblings) + 1)...].prefix(4)
        where document.nodes[next].name == "blockquote" {
            return (.thunderbird, document.end(of: next))
        }
        return nil
    }

    /// Children are numbered in their order.
    private static func place(of child: Int, in siblings: [Int]) -> Int {
        var low = 0
        var high = siblings.count
        while low < high {
            let middle = (low + high) / 2
            if siblings[middle] < child { low = middle + 1 } else { high = middle }
        }
        return min(low, siblings.count - 1)
    }

    /// The box of an attribution that stands right before a quotation, as Apple and Proton write it.
    private static func attribution(_ document: HTMLDocument, before index: Int) -> Int? {
        let siblings = document.nodes[document.nodes[index].parent].children
        for before in siblings[..<place(of: index, in: siblings)].suffix(4).reversed() {
            let node = document.nodes[before]
            if node.hasClass("moz-cite-prefix") || node.hasClass("gmail_attr")
                || node.hasClass("protonmail_quote_header")
            {
                return before
            }
            if node.name == "br" || node.isText && !isWords(document, before) { continue }
            // Outlook draws a line above its head.
            if node.name == "hr", document.nodes[index].id == "divRplyFwdMsg" { return before }
            return nil
        }
        return nil
    }

    /// Word's way to set off the head of the mail that is answered: a box with a line above it, with bold labels inside.
    private static func isOutlookHead(_ document: HTMLDocument, _ index: Int, _ heads: inout Int) -> Bool {
        let node = document.nodes[index]
        guard node.name == "div", let style = node.attributes["style"] else { return false }
        let rules = style.lowercased().filter { $0 != " " }
        guard rules.contains("border-top:solid"), rules.contains("border:none") else { return false }
        heads += 1
        guard heads <= maximumHeads else { return false }
        var labels = 0
        for inner in ((index + 1)..<document.end(of: index)).prefix(100) {
            guard ["b", "strong"].contains(document.nodes[inner].name) else { continue }
            let words = ((inner + 1)..<document.end(of: inner)).prefix(8).filter { document.nodes[$0].isText }
                .map { document.text(of: $0) }.joined()
            if words.contains(":") || words.contains("：") { labels += 1 }
        }
        return labels >= 2
    }

    private static func isForward(_ document: HTMLDocument, _ index: Int, _ client: Client) -> Bool {
        switch client {
        case .gmail:
            // An answer's quotation is a blockquote, or has one; what is forwarded stands as it came, and may be an answer.
            guard document.nodes[index].name != "blockquote" else { return false }
            let inside = index..<document.end(of: index)
            let first = inside.first { document.nodes[$0].isText && isWords(document, $0) }
            if let first, document.text(of: first).drop(while: \.isWhitespace).hasPrefix("-----") { return true }
            return !inside.contains {
                document.nodes[$0].name == "blockquote"
                    && (document.nodes[$0].hasClass("gmail_quote") || document.nodes[$0].parent == index)
            }
        case .thunderbird: return document.nodes[index].hasClass("moz-forward-container")
        default: return false
        }
    }

    private static func hasText(_ document: HTMLDocument, from start: Int) -> Bool {
        guard start < document.nodes.count else { return false }
        return (start..<document.nodes.count).contains {
            document.nodes[$0].isText && isWords(document, $0) && !isHidden(document, $0)
        }
    }

    private static func isHidden(_ document: HTMLDocument, _ index: Int) -> Bool {
        var node = document.nodes[index].parent
        while node > 0 {
            if HTMLToMarkdown.isHidden(document.nodes[node]) { return true }
            node = document.nodes[node].parent
        }
        return false
    }

    private static func isWords(_ document: HTMLDocument, _ index: Int) -> Bool {
        document.text(of: index).contains { !$0.isWhitespace && $0 != "\u{200B}" && $0 != "\u{FEFF}" }
    }
}
