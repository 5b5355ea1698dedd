/// How words look.
package struct MarkdownStyle: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let bold = MarkdownStyle(rawValue: 1)
    package static let italic = MarkdownStyle(rawValue: 2)
    package static let strike = MarkdownStyle(rawValue: 4)

    static let all: [MarkdownStyle] = [.bold, .strike, .italic]

    /// What stands on both sides of words that have one style.
    var mark: String {
        switch self {
        case .bold: "**"
        case .strike: "~~"
        default: "_"
        }
    }
}

/// Words that look alike: what they say, never how that is spelled in Markdown.
package struct MarkdownSpan: Hashable, Sendable {
    /// Line breaks in it are line breaks for the reader, unless it is code or the name of a link.
    package var text: String
    package var isCode: Bool
    package var style: MarkdownStyle
    /// Where it leads; neighbours with one target are one link.
    package var link: String?

    package init(_ text: String, isCode: Bool = false, style: MarkdownStyle = [], link: String? = nil) {
        self.text = text
        self.isCode = isCode
        self.style = style
        self.link = link
    }

    package static let lineBreak = MarkdownSpan("\n")
}
