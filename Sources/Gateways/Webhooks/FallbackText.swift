import ChatModel
import ChatService
import Markdown
import SlackText

/// Makes one readable text of a payload, for notifications, search and clients that show no more: what Slack would show,
/// in its order, with all that one acts upon.
struct FallbackText {
    private let markup: SlackMarkup
    /// Whether texts are Markdown already.
    private let skipsParsing: Bool
    private var blocks: [MarkdownBlock] = []
    /// The paragraph at hand.
    private var spans: [MarkdownSpan] = []
    /// Parts that were added, and those of them that are more than a line between others.
    private var additions = 0
    private var readable = 0
    /// Names of what can be pressed and leads nowhere: shown where there is nothing else.
    private var labels: [MarkdownSpan] = []
    /// How far unknown things are looked into.
    private static let maximumDepth = 6

    /// Blocks first, or the text where there are none, then attachments; cut to the length of a message.
    static func make(_ payload: WebhookPayload, markup: SlackMarkup) -> String {
        var text = FallbackText(markup, skipsParsing: payload.skipsParsing)
        for block in payload.blocks { text.add(block: block) }
        if text.readable == 0 { text.add(text.parsed(payload.text)) }
        for attachment in payload.attachments { text.add(attachment: attachment) }
        if text.additions == 0 {
            if !text.labels.isEmpty { text.add([.paragraph(text.labels)]) }
            for block in payload.blocks where text.additions == 0 { text.add(name: block["type"]?.string) }
            for attachment in payload.attachments where text.additions == 0 {
                if attachment["actions"]?.array?.isEmpty == false { text.add(name: "actions") }
            }
        }
        text.endParagraph()
        return MarkdownWriter.write(text.blocks, limit: ChatLimits.text)
    }

    private init(_ markup: SlackMarkup, skipsParsing: Bool) {
        self.markup = markup
        self.skipsParsing = skipsParsing
    }

    // MARK: Blocks of the text

    /// Adds parts, each on a line of its own; paragraphs follow each other without an empty line.
    private mutating func add(_ parts: [MarkdownBlock]) {
        for part in parts {
            if case .paragraph(let spans) = part {
                guard spans.contains(where: { span in span.text.contains { !$0.isWhitespace } }) else { continue }
                if !self.spans.isEmpty { self.spans.append(.lineBreak) }
                self.spans += spans
            } else {
                endParagraph()
                blocks.append(part)
            }
            additions += 1
            if part != .rule { readable += 1 }
        }
    }

    private mutating func endParagraph() {
        if !spans.isEmpty { blocks.append(.paragraph(spans)) }
        spans = []
    }

    private mutating func add(_ spans: [MarkdownSpan]) { if !spans.isEmpty { add([.paragraph(spans)]) } }

    /// What nobody can read is at least named.
    private mutating func add(name: String?) { if let name, !name.isEmpty { add([.literal("[\(name)]")]) } }

    /// Markup, or Markdown where the sender says so.
    private func parsed(_ text: String?, hasFormatting: Bool = true) -> [MarkdownBlock] {
        guard let text, text.contains(where: { !$0.isWhitespace }) else { return [] }
        if skipsParsing { return [.written(text)] }
        var markup = markup
        markup.hasFormatting = markup.hasFormatting && hasFormatting
        return markup.blocks(text)
    }

    /// What stands as it is, entities decoded.
    private func plain(_ text: String?) -> [MarkdownSpan] {
        guard let text, text.contains(where: { !$0.isWhitespace }) else { return [] }
        return [MarkdownSpan(SlackMarkup.decode(text))]
    }

    /// A name that leads to `url`, or the address alone.
    private func linked(_ name: String?, _ url: String?) -> [MarkdownSpan] {
        let name = name.flatMap { $0.contains { !$0.isWhitespace } ? SlackMarkup.decode($0) : nil }
        guard let url, !url.isEmpty else { return name.map { [MarkdownSpan($0)] } ?? [] }
        let address = SlackMarkup.decode(url)
        // What is no address is shown only where there is no name for it.
        guard SlackReference.isLink(address) else { return [MarkdownSpan(name ?? address)] }
        let shown = SlackReference.link(address, name)
        return [MarkdownSpan(shown.text, link: shown.link)]
    }

    // MARK: Attachments

    private mutating func add(attachment: JSONValue) {
        let before = additions
        let formatted = attachment["mrkdwn_in"]?.array.map { Set($0.compactMap(\.string)) }
        func isFormatted(_ name: String) -> Bool { formatted?.contains(name) ?? true }
        add(parsed(attachment["pretext"]?.string, hasFormatting: isFormatted("pretext")))
        let author = linked(attachment["author_name"]?.string, attachment["author_link"]?.string)
        let subname = plain(attachment["author_subname"]?.string)
        add(author.isEmpty || subname.isEmpty ? author + subname : author + [MarkdownSpan(" ")] + subname)
        add(linked(attachment["title"]?.string, attachment["title_link"]?.string))
        add(parsed(attachment["text"]?.string, hasFormatting: isFormatted("text")))
        for field in attachment["fields"]?.array ?? [] { add(field: field, isFormatted("fields")) }
        for block in attachment["blocks"]?.array ?? [] { add(block: block) }
        add(linked(nil, attachment["image_url"]?.string))
        add(buttons(attachment["actions"]?.array ?? []))
        add(plain(attachment["footer"]?.string))
        guard additions == before else { return }
        add(parsed(attachment["fallback"]?.string, hasFormatting: false))
        guard additions == before else { return }
        add(linked(nil, attachment["thumb_url"]?.string))
    }

    private mutating func add(field: JSONValue, _ isFormatted: Bool) {
        let title = plain(field["title"]?.string)
        let value = parsed(field["value"]?.string, hasFormatting: isFormatted)
        guard !title.isEmpty, case .paragraph(let spans)? = value.first else {
            add(title)
            return add(value)
        }
        add([.paragraph(title + [MarkdownSpan(": ")] + spans)] + value.dropFirst())
    }

    // MARK: Blocks

    private mutating func add(block: JSONValue) {
        switch block["type"]?.string {
        case "markdown": if let text = block["text"]?.string, !text.isEmpty { add([.written(text)]) }
        case "divider": add([.rule])
        case "header":
            add(text(block["text"]).map { MarkdownSpan($0.text, isCode: $0.isCode, style: .bold, link: $0.link) })
        case "rich_text": add(SlackRichText(markup: markup).blocks(block["elements"]?.array ?? []))
        case "section": add(section: block)
        case "context": add(joined((block["elements"]?.array ?? []).map(element)))
        case "actions", "context_actions": add(buttons(block["elements"]?.array ?? []))
        case "image":
            add(text(block["title"]))
            add(picture(block))
        case "video":
            add(linked(block["title"].flatMap(plainText), block["title_url"]?.string))
            add(text(block["description"]))
            add(linked(block["alt_text"]?.string, block["video_url"]?.string))
        case "table": add(table: block)
        default: add(unknown: block, depth: 0)
        }
    }

    private mutating func add(section: JSONValue) {
        var parts = texts(section["text"])
        let accessory = section["accessory"].map(element) ?? []
        if !accessory.isEmpty {
            if parts.count == 1, case .paragraph(let spans) = parts[0] {
                parts = [.paragraph(spans + [MarkdownSpan(" ")] + accessory)]
            } else {
                parts.append(.paragraph(accessory))
            }
        }
        add(parts)
        for field in section["fields"]?.array ?? [] { add(texts(field)) }
    }

    private mutating func add(table: JSONValue) {
        let rows = (table["rows"]?.array ?? []).map { row in (row.array ?? []).map(cell) }.filter { !$0.isEmpty }
        guard !rows.isEmpty else { return }
        add([.table(rows)])
    }

    private func cell(_ value: JSONValue) -> [MarkdownSpan] {
        guard value["type"]?.string == "rich_text" else { return text(value) }
        return joined(SlackRichText(markup: markup).blocks(value["elements"]?.array ?? []).map(Self.words))
    }

    /// The words of a block, for places that have one line.
    private static func words(_ block: MarkdownBlock) -> [MarkdownSpan] {
        switch block {
        case .paragraph(let spans), .heading(_, let spans): spans
        case .quote(let blocks): blocks.flatMap(words)
        case .list(_, let items): items.joined().flatMap { words($0) + [MarkdownSpan(" ")] }
        case .code(let text, _): [MarkdownSpan(text, isCode: true)]
        case .table, .rule: []
        case .written(let text): [MarkdownSpan(text)]
        }
    }

    /// A card, a carousel and whatever comes after them: their texts, pictures and links, in the order in which cards show
    /// them.
    private mutating func add(unknown value: JSONValue, depth: Int) {
        guard depth < Self.maximumDepth, case .object(let fields) = value else { return }
        add(picture(value))
        for key in ["title", "header", "subtitle", "label", "text", "body", "description", "hint"] {
            guard let part = fields[key] else { continue }
            let url = fields["\(key)_url"]?.string ?? fields["\(key)_link"]?.string
            if let url, let name = plainText(part) { add(linked(name, url)) } else { add(texts(part)) }
        }
        for key in ["hero_image", "image", "icon", "thumbnail", "accessory", "element"] {
            guard let part = fields[key], case .object = part else { continue }
            add(element(part))
        }
        for key in ["fields", "elements", "cards", "items", "blocks", "actions", "buttons"] {
            let parts = fields[key]?.array ?? []
            guard parts.contains(where: { $0["type"]?.string != "button" }) else {
                add(buttons(parts))
                continue
            }
            for part in parts {
                if isText(part) {
                    add(texts(part))
                } else if isKnown(part) {
                    add(block: part)
                } else {
                    add(unknown: part, depth: depth + 1)
                }
            }
        }
        add(linked(nil, fields["url"]?.string ?? fields["permalink"]?.string))
    }

    private func isText(_ value: JSONValue) -> Bool {
        value.string != nil || ["plain_text", "mrkdwn", "raw_text"].contains(value["type"]?.string)
    }

    private func isKnown(_ value: JSONValue) -> Bool {
        ["markdown", "header", "rich_text", "section", "context", "actions", "image", "video", "table"].contains(
            value["type"]?.string)
    }

    // MARK: Elements

    /// A text object or a plain string.
    private func texts(_ value: JSONValue?) -> [MarkdownBlock] {
        guard let value else { return [] }
        if let string = value.string { return plain(string).isEmpty ? [] : [.paragraph(plain(string))] }
        guard let inner = value["text"]?.string else {
            return value["elements"]?.array.map { SlackRichText(markup: markup).blocks($0) } ?? []
        }
        if value["type"]?.string == "mrkdwn" { return parsed(inner) }
        if value["type"]?.string == "raw_text" { return [.literal(inner)] }
        return plain(inner).isEmpty ? [] : [.paragraph(plain(inner))]
    }

    /// The same as one run of words.
    private func text(_ value: JSONValue?) -> [MarkdownSpan] { joined(texts(value).map(Self.words)) }

    private func plainText(_ value: JSONValue) -> String? { value.string ?? value["text"]?.string }

    private func picture(_ value: JSONValue) -> [MarkdownSpan] {
        linked(
            value["alt_text"]?.string,
            value["image_url"]?.string ?? value["slack_file"]?["url"]?.string)
    }

    /// A picture, a button or whatever stands beside a text.
    private func element(_ value: JSONValue) -> [MarkdownSpan] {
        switch value["type"]?.string {
        case "image": picture(value)
        case "plain_text", "mrkdwn", nil: text(value)
        default: link(value)
        }
    }

    /// Where a button leads; nothing when it asks its program.
    private func link(_ value: JSONValue) -> [MarkdownSpan] {
        if let url = value["url"]?.string { return linked(value["text"].flatMap(plainText), url) }
        // A menu of links.
        return joined((value["options"]?.array ?? []).filter { $0["url"]?.string != nil }.map(link))
    }

    private mutating func buttons(_ values: [JSONValue]) -> [MarkdownSpan] {
        var links: [[MarkdownSpan]] = []
        for value in values {
            let link = link(value)
            links.append(link)
            let name = value["text"] ?? value["placeholder"] ?? value["name"]
            guard link.isEmpty, labels.count < 50, let name = name.flatMap(plainText) else { continue }
            labels += (labels.isEmpty ? [] : [MarkdownSpan(" ")]) + plain("[\(name)]")
        }
        return joined(links)
    }

    private func joined(_ parts: [[MarkdownSpan]]) -> [MarkdownSpan] {
        Array(parts.filter { !$0.isEmpty }.joined(separator: [MarkdownSpan(" ")]))
    }
}
