package import Markdown

/// Reads Slack's markup ("mrkdwn") and says what a person sees of it, as blocks for the writer of Markdown.
///
/// `<url|label>`, mentions, dates, `*bold*`, `_italic_`, `~strike~`, code and quotations mean what they mean in Slack; all else
/// stands literally. The three entities are decoded, once.
package struct SlackMarkup {
    /// Something that is mentioned by its id.
    package enum Reference: Hashable, Sendable {
        case user(String)
        case channel(String)
    }

    /// Whether `*`, `_`, `~`, back-ticks and `>` are marks.
    package var hasFormatting: Bool
    /// The name of what is mentioned; nil to show the label that the text has, or the id.
    package var resolve: (Reference) -> String?
    /// What is shown for `:name:`; nil to show it as it stands.
    package var emoji: ((String) -> String?)?

    package init(
        hasFormatting: Bool = true, resolve: @escaping (Reference) -> String? = { _ in nil },
        emoji: ((String) -> String?)? = nil
    ) {
        self.hasFormatting = hasFormatting
        self.resolve = resolve
        self.emoji = emoji
    }

    package func markdown(_ text: String) -> String { MarkdownWriter.write(blocks(text)) }

    package func blocks(_ text: String) -> [MarkdownBlock] {
        var reader = SlackTextReader(markup: self)
        reader.read(Array(text.utf8)[...])
        return reader.blocks
    }

    /// Decodes the three entities, once.
    package static func decode(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            if let (decoded, length) = entity(rest) {
                result.append(decoded)
                rest = rest.dropFirst(length)
            } else {
                result.append(byte)
                rest.removeFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static let entities: [(name: [UInt8], byte: UInt8)] = [
        (Array("&amp;".utf8), UInt8(ascii: "&")), (Array("&lt;".utf8), UInt8(ascii: "<")),
        (Array("&gt;".utf8), UInt8(ascii: ">")),
    ]

    /// The byte that an entity at the start of `bytes` stands for, and how long that is.
    static func entity(_ bytes: ArraySlice<UInt8>) -> (UInt8, Int)? {
        guard bytes.first == UInt8(ascii: "&") else { return nil }
        for entity in entities where bytes.starts(with: entity.name) { return (entity.byte, entity.name.count) }
        return nil
    }
}
