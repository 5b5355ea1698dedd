import ChatModel
import Markdown
import SlackText

/// Reads Slack's `rich_text`: what a person typed in Slack's editor, with its styles.
struct SlackRichText {
    let markup: SlackMarkup
    /// Deeper lists stay at this level.
    private static let maximumIndent = 8

    /// The parts of a block, in order; lists that follow each other make one tree.
    func blocks(_ elements: [JSONValue]) -> [MarkdownBlock] {
        var blocks: [MarkdownBlock] = []
        var lists: [JSONValue] = []
        for element in elements {
            if element["type"]?.string == "rich_text_list" {
                lists.append(element)
                continue
            }
            blocks += tree(&lists)
            switch element["type"]?.string {
            case "rich_text_quote": blocks.append(.quote([.paragraph(spans(element))]))
            case "rich_text_preformatted":
                blocks.append(.code(plain(element), language: element["language"]?.string ?? ""))
            default:
                let spans = spans(element)
                if !spans.isEmpty { blocks.append(.paragraph(spans)) }
            }
        }
        return blocks + tree(&lists)
    }

    // MARK: Lists

    private struct Level {
        let indent: Int
        let start: Int?
        var items: [[MarkdownBlock]] = []

        var block: MarkdownBlock { .list(start: start, items: items) }
    }

    /// Lists in a row, of which each says how far it is indented, as lists in lists.
    private func tree(_ lists: inout [JSONValue]) -> [MarkdownBlock] {
        defer { lists = [] }
        var done: [MarkdownBlock] = []
        var open: [Level] = []
        func close() {
            let level = open.removeLast()
            if open.isEmpty {
                done.append(level.block)
            } else {
                let last = open.count - 1
                if open[last].items.isEmpty { open[last].items.append([]) }
                open[last].items[open[last].items.count - 1].append(level.block)
            }
        }
        for list in lists {
            let indent = min(max(Int(list["indent"]?.integer ?? 0), 0), Self.maximumIndent)
            let isOrdered = list["style"]?.string == "ordered"
            while let last = open.last,
                last.indent > indent || (last.indent == indent && (last.start != nil) != isOrdered)
            {
                close()
            }
            if open.last?.indent != indent {
                let offset = Int(list["offset"]?.integer ?? 0)
                open.append(Level(indent: indent, start: isOrdered ? 1 + max(0, min(offset, 1_000_000)) : nil))
            }
            for item in list["elements"]?.array ?? [] {
                let inside = item["type"]?.string == "rich_text_section" ? [.paragraph(spans(item))] : blocks([item])
                open[open.count - 1].items.append(inside)
            }
        }
        while !open.isEmpty { close() }
        return done
    }

    // MARK: Words

    /// The words of a section, or of one element in it.
    func spans(_ value: JSONValue) -> [MarkdownSpan] {
        let look = value["style"] ?? .null
        switch value["type"]?.string {
        case "text": return words(value["text"]?.string, look)
        case "link":
            guard let url = value["url"]?.string else { return words(value["text"]?.string, look) }
            let shown = SlackReference.link(url, value["text"]?.string)
            return words(shown.text, look, link: shown.link)
        case "emoji": return words(value["name"]?.string.map { ":\($0):" }, look)
        case "user": return words(name(value["user_id"], "@") { .user($0) }, look)
        case "channel": return words(name(value["channel_id"], "#") { .channel($0) }, look)
        case "usergroup": return words(value["usergroup_id"]?.string.map { "@\($0)" }, look)
        case "team": return words(value["team_id"]?.string.map { "@\($0)" }, look)
        case "broadcast": return words(value["range"]?.string.map { "@\($0)" }, look)
        case "color": return words(value["value"]?.string, look)
        case "date": return date(value, look)
        default:
            var spans: [MarkdownSpan] = []
            for element in value["elements"]?.array ?? [] { spans += self.spans(element) }
            return spans.isEmpty ? words(value["text"]?.string ?? value["fallback"]?.string, look) : spans
        }
    }

    private func words(_ text: String?, _ look: JSONValue, link: String? = nil) -> [MarkdownSpan] {
        guard let text, !text.isEmpty else { return [] }
        var style: MarkdownStyle = []
        if look["bold"]?.bool == true { style.insert(.bold) }
        if look["italic"]?.bool == true { style.insert(.italic) }
        if look["strike"]?.bool == true { style.insert(.strike) }
        return [MarkdownSpan(text, isCode: look["code"]?.bool == true, style: style, link: link)]
    }

    private func name(_ id: JSONValue?, _ mark: String, _ reference: (String) -> SlackMarkup.Reference) -> String? {
        guard let id = id?.string else { return nil }
        let name = markup.resolve(reference(id)) ?? id
        return name.hasPrefix(mark) ? name : mark + name
    }

    private func date(_ value: JSONValue, _ look: JSONValue) -> [MarkdownSpan] {
        let link = value["url"]?.string.flatMap { SlackReference.isLink($0) ? $0 : nil }
        let seconds = value["timestamp"]?.integer ?? value["timestamp"]?.string.flatMap { Int64($0) }
        let date = seconds.flatMap { SlackDate(seconds: $0, format: value["format"]?.string ?? "", link: nil) }
        return words(value["fallback"]?.string ?? date?.text, look, link: link)
    }

    /// The words without their looks: in code there are none.
    private func plain(_ value: JSONValue) -> String {
        var text = ""
        for element in value["elements"]?.array ?? [] {
            for span in spans(element) { text += span.text }
        }
        return text
    }
}
