/// A part of a text that begins on a line of its own.
package indirect enum MarkdownBlock: Hashable, Sendable {
    case paragraph([MarkdownSpan])
    /// Levels from 1 to 6.
    case heading(Int, [MarkdownSpan])
    case quote([MarkdownBlock])
    /// Numbered from `start`, or with bullets when that is nil.
    case list(start: Int?, items: [[MarkdownBlock]])
    case code(String, language: String = "")
    /// The first row is the head; the longest row says how many columns there are.
    case table([[[MarkdownSpan]]])
    case rule
    /// Markdown already; what stands before and after it is kept apart from it.
    case written(String)

    /// A text of a person or a program that is no Markdown: shown letter by letter, with its lines.
    package static func literal(_ text: String) -> MarkdownBlock { .paragraph([MarkdownSpan(text)]) }
}
