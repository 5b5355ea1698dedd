import ChatModel
import ChatService
import Foundation
import Text

/// What a delivery says, in Slack's shape: nulls are dropped, unknown keys ignored, numbers taken for text.
struct WebhookPayload: Equatable {
    static let maximumAttachments = 100
    static let maximumBlocks = 50
    private static let maximumFooter = 300
    private static let maximumURL = 3000

    var text = ""
    var attachments: [JSONValue] = []
    var blocks: [JSONValue] = []
    var channel: String?
    var username: String?
    var iconURL: String?
    var iconEmoji: String?
    var thread: MessageID?
    /// Whether `*bold*` and `~strike~` are marks.
    var isMarkup = true
    /// Whether the text is taken as it is, as Markdown.
    var skipsParsing = false
    var metadata: JSONValue?

    private static let attachmentKeys: Set<String> = [
        "fallback", "color", "pretext", "author_name", "author_subname", "author_link", "author_icon", "title",
        "title_link", "text", "fields", "image_url", "thumb_url", "footer", "footer_icon", "ts", "mrkdwn_in", "blocks",
        "actions", "callback_id",
    ]
    private static let textKeys: Set<String> = [
        "fallback", "color", "pretext", "author_name", "author_subname", "author_link", "author_icon", "title",
        "title_link", "text", "image_url", "thumb_url", "footer", "footer_icon",
    ]

    init(json given: [UInt8]) throws(WebhookRefusal) {
        let json = RawLineBreaks.escaped(given)
        guard JSONBounds.admit(json) else {
            throw .invalidPayload(
                "The payload nests deeper than \(JSONBounds.depth) levels or has more than \(JSONBounds.values) values."
            )
        }
        let value: JSONValue
        do {
            value = try JSONDecoder().decode(JSONValue.self, from: Data(json))
        } catch {
            throw .invalidPayload("The payload is not valid JSON.")
        }
        guard case .object(let fields)? = Self.withoutNulls(value) else {
            throw .invalidPayload("The payload must be a JSON object.")
        }
        try read(fields)
    }

    private mutating func read(_ fields: [String: JSONValue]) throws(WebhookRefusal) {
        text = try Self.text(fields, "text") ?? ""
        channel = try Self.text(fields, "channel").flatMap { $0.isEmpty ? nil : $0 }
        username = try Self.text(fields, "username").flatMap(NameRule.display.cleaned)
        iconURL = try Self.text(fields, "icon_url").flatMap { Self.isWebAddress($0) ? $0 : nil }
        iconEmoji = try Self.text(fields, "icon_emoji").flatMap(Self.emoji)
        if iconEmoji != nil { iconURL = nil }
        thread = try Self.thread(fields)
        isMarkup = fields["mrkdwn"]?.bool ?? true
        skipsParsing = fields["skip_slack_parsing"]?.bool ?? false
        if case .object? = fields["metadata"] { metadata = fields["metadata"] }
        attachments = try Self.attachments(fields)
        blocks = try Self.blocks(fields["blocks"], "/blocks")
    }

    /// What is stored beside the text; nil when there is nothing.
    var content: JSONValue? {
        var fields: [String: JSONValue] = [:]
        if !attachments.isEmpty { fields["attachments"] = .array(attachments) }
        if !blocks.isEmpty {
            fields["blocks"] = .array(blocks)
            // Slack shows it in notifications only, when there are blocks.
            if text.contains(where: { !$0.isWhitespace }) { fields["text"] = .string(text) }
        }
        if let username { fields["username"] = .string(username) }
        if let iconURL { fields["icon_url"] = .string(iconURL) }
        if let iconEmoji { fields["icon_emoji"] = .string(iconEmoji) }
        if let metadata { fields["metadata"] = metadata }
        return fields.isEmpty ? nil : .object(fields)
    }

    // MARK: Parts

    private static func attachments(_ fields: [String: JSONValue]) throws(WebhookRefusal) -> [JSONValue] {
        guard let value = fields["attachments"] else { return [] }
        guard let list = value.array else { throw .invalidPayload("Must be a list.", pointer: "/attachments") }
        guard list.count <= maximumAttachments else {
            throw WebhookRefusal(
                400, "too_many_attachments", "A message has at most \(maximumAttachments) attachments.",
                pointer: "/attachments")
        }
        var cleaned: [JSONValue] = []
        for (index, item) in list.enumerated() {
            let pointer = "/attachments/\(index)"
            guard case .object(let given) = item else { throw .invalidPayload("Must be an object.", pointer: pointer) }
            var attachment: [String: JSONValue] = [:]
            for (key, value) in given where attachmentKeys.contains(key) {
                attachment[key] = textKeys.contains(key) ? .string(try text(given, key, pointer) ?? "") : value
            }
            if let footer = attachment["footer"]?.string, footer.unicodeScalars.count > maximumFooter {
                attachment["footer"] = .string(
                    String(String.UnicodeScalarView(footer.unicodeScalars.prefix(maximumFooter))))
            }
            if let ts = attachment["ts"]?.string { attachment["ts"] = time(ts) }
            if let fields = attachment["fields"] { attachment["fields"] = try Self.fields(fields, pointer) }
            if let blocks = attachment["blocks"] {
                attachment["blocks"] = .array(try Self.blocks(blocks, "\(pointer)/blocks"))
            }
            if let actions = attachment["actions"] { attachment["actions"] = withoutIntegrations(actions) }
            if !attachment.isEmpty { cleaned.append(.object(attachment)) }
        }
        return cleaned
    }

    /// Seconds since 1970, with or without a fraction.
    private static func time(_ text: String) -> JSONValue? {
        if let whole = Int64(text) { return .integer(whole) }
        guard let seconds = Double(text), seconds.isFinite else { return nil }
        return .number(seconds)
    }

    private static func fields(_ value: JSONValue, _ pointer: String) throws(WebhookRefusal) -> JSONValue {
        guard let list = value.array else { throw .invalidPayload("Must be a list.", pointer: "\(pointer)/fields") }
        var cleaned: [JSONValue] = []
        for (index, item) in list.enumerated() {
            let place = "\(pointer)/fields/\(index)"
            guard case .object(let given) = item else { throw .invalidPayload("Must be an object.", pointer: place) }
            var field: [String: JSONValue] = [:]
            if let title = try text(given, "title", place) { field["title"] = .string(title) }
            if let value = try text(given, "value", place) { field["value"] = .string(value) }
            if let short = given["short"] { field["short"] = .bool(short.bool ?? (short.string == "true")) }
            cleaned.append(.object(field))
        }
        return .array(cleaned)
    }

    private static func blocks(_ value: JSONValue?, _ pointer: String) throws(WebhookRefusal) -> [JSONValue] {
        guard let value else { return [] }
        guard let list = value.array, list.allSatisfy({ $0["type"]?.string != nil }) else {
            throw WebhookRefusal(400, "invalid_blocks", "Must be a list of objects with a `type`.", pointer: pointer)
        }
        guard list.count <= maximumBlocks else {
            throw WebhookRefusal(
                400, "invalid_blocks", "A message has at most \(maximumBlocks) blocks.", pointer: pointer)
        }
        return list
    }

    /// Where a button's program is called is not for every reader of the channel to know.
    private static func withoutIntegrations(_ actions: JSONValue) -> JSONValue {
        .array(
            (actions.array ?? []).compactMap { action in
                guard case .object(var fields) = action else { return nil }
                fields["integration"] = nil
                return .object(fields)
            })
    }

    private static func thread(_ fields: [String: JSONValue]) throws(WebhookRefusal) -> MessageID? {
        for key in ["thread_id", "thread_ts"] {
            guard let value = fields[key] else { continue }
            if value.string == "" { continue }
            guard let id = value.integer ?? value.string.flatMap({ Int64($0) }), id > 0 else {
                throw WebhookRefusal(
                    400, "invalid_thread_ts", "A thread is named by the id of its first message.", pointer: "/\(key)")
            }
            return MessageID(id)
        }
        return nil
    }

    // MARK: Values

    /// A text; numbers and truth values are taken for one, lists and objects are not.
    private static func text(
        _ fields: [String: JSONValue], _ key: String, _ pointer: String = ""
    ) throws(WebhookRefusal) -> String? {
        switch fields[key] {
        case nil, .null?: return nil
        case .string(let text)?: return text
        case .integer(let number)?: return String(number)
        case .number(let number)?: return String(number)
        case .bool(let flag)?: return String(flag)
        case .array?, .object?: throw .invalidPayload("Must be a text.", pointer: "\(pointer)/\(key)")
        }
    }

    private static func emoji(_ text: String) -> String? {
        let name = text.trimmingCharacters(in: CharacterSet(charactersIn: ":").union(.whitespaces))
        let isGood = (1...ChatLimits.emoji).contains(name.unicodeScalars.count) && !name.contains(where: \.isWhitespace)
        return isGood ? name : nil
    }

    private static func isWebAddress(_ text: String) -> Bool {
        let start = text.prefix(8).lowercased()
        return (start.hasPrefix("https://") || start.hasPrefix("http://")) && text.utf8.count <= maximumURL
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }

    private static func withoutNulls(_ value: JSONValue) -> JSONValue? {
        switch value {
        case .null: nil
        case .array(let values): .array(values.compactMap(withoutNulls))
        case .object(let fields): .object(fields.compactMapValues(withoutNulls))
        default: value
        }
    }
}
