import ChatModel
import ChatService

/// Makes one readable text of blocks and attachments, for notifications, search and clients that show no more.
struct FallbackText {
    /// Makes Markdown of Slack's markup.
    var convert: (String) -> String
    private var lines: [String] = []

    init(convert: @escaping (String) -> String) { self.convert = convert }

    /// Blocks first, then attachments, cut to the length of a message.
    static func make(_ payload: WebhookPayload, convert: @escaping (String) -> String) -> String {
        var text = FallbackText(convert: convert)
        for block in payload.blocks { text.add(block: block) }
        for attachment in payload.attachments { text.add(attachment: attachment) }
        let whole = text.lines.joined(separator: "\n")
        guard whole.unicodeScalars.count > ChatLimits.text else { return whole }
        return String(String.UnicodeScalarView(whole.unicodeScalars.prefix(ChatLimits.text - 1))) + "…"
    }

    private mutating func add(_ line: String?) {
        guard let line, line.contains(where: { !$0.isWhitespace }) else { return }
        lines.append(line)
    }

    // MARK: Attachments

    private mutating func add(attachment: JSONValue) {
        let count = lines.count
        add(attachment["pretext"]?.string.map(convert))
        add(attachment["author_name"]?.string.map(SlackMarkup.decode))
        if let title = attachment["title"]?.string, !title.isEmpty {
            // The link is written as Slack would write it, so that one place decides what a link may be.
            add(
                attachment["title_link"]?.string.map { SlackMarkup().replacement("\($0)|\(title)") ?? title }
                    ?? convert(title))
        }
        add(attachment["text"]?.string.map(convert))
        for field in attachment["fields"]?.array ?? [] {
            let title = field["title"]?.string.map(SlackMarkup.decode) ?? ""
            let value = field["value"]?.string.map(convert) ?? ""
            add([title, value].filter { !$0.isEmpty }.joined(separator: ": "))
        }
        for block in attachment["blocks"]?.array ?? [] { add(block: block) }
        add(attachment["footer"]?.string.map(SlackMarkup.decode))
        guard lines.count == count else { return }
        add(attachment["fallback"]?.string.map(convert))
        guard lines.count == count else { return }
        add(attachment["image_url"]?.string ?? attachment["thumb_url"]?.string)
    }

    // MARK: Blocks

    private mutating func add(block: JSONValue) {
        switch block["type"]?.string {
        case "markdown": add(block["text"]?.string)
        case "rich_text":
            for part in block["elements"]?.array ?? [] { addRich(part) }
        case "context":
            add((block["elements"]?.array ?? []).compactMap(text).joined(separator: " "))
        case "table":
            for row in block["rows"]?.array ?? [] {
                add((row.array ?? []).compactMap(cell).joined(separator: " | "))
            }
        default:
            add(block["title"].flatMap(text))
            add(block["text"].flatMap(text))
            for field in block["fields"]?.array ?? [] { add(text(field)) }
            add(block["alt_text"]?.string)
            add(block["accessory"]?["alt_text"]?.string)
            add(block["label"].flatMap(text))
        }
    }

    /// A text object, a plain string, or the description of an image.
    private func text(_ value: JSONValue) -> String? {
        if let plain = value.string { return SlackMarkup.decode(plain) }
        if let inner = value["text"]?.string {
            return value["type"]?.string == "plain_text" ? SlackMarkup.decode(inner) : convert(inner)
        }
        return value["alt_text"]?.string
    }

    private func cell(_ value: JSONValue) -> String? {
        value["type"]?.string == "rich_text"
            ? (value["elements"]?.array ?? []).map(inline).joined(separator: " ") : text(value)
    }

    private mutating func addRich(_ part: JSONValue) {
        switch part["type"]?.string {
        case "rich_text_list": for item in part["elements"]?.array ?? [] { add("- " + inline(item)) }
        case "rich_text_quote": add("> " + inline(part))
        case "rich_text_preformatted": add("```\n\(inline(part))\n```")
        default: add(inline(part))
        }
    }

    private func inline(_ value: JSONValue) -> String {
        switch value["type"]?.string {
        case "text": value["text"]?.string ?? ""
        case "link":
            value["url"]?.string.flatMap { url in
                SlackMarkup().replacement(value["text"]?.string.map { "\(url)|\($0)" } ?? url)
            } ?? value["text"]?.string ?? ""
        case "emoji": value["name"]?.string.map { ":\($0):" } ?? ""
        case "user": value["user_id"]?.string.map { convert("<@\($0)>") } ?? ""
        case "channel": value["channel_id"]?.string.map { convert("<#\($0)>") } ?? ""
        case "broadcast": value["range"]?.string.map { "@\($0)" } ?? ""
        default: (value["elements"]?.array ?? []).map(inline).joined()
        }
    }
}
