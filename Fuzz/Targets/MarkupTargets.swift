import HTMLReading

@testable import Markdown

extension FuzzTarget {
    /// What people write, and what it is written as.
    static let markupTargets: [FuzzTarget] = [
        // Any Markdown is read within bounds, and each piece that is seen has its place.
        FuzzTarget("markdown", maximumBytes: 16 << 10) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let visible = VisibleText(text, skipsPlain: false)
            let source = Array(text.utf8)
            precondition(visible.bytes.count <= 4 * source.count + 64, "more is seen than is there")
            for piece in visible.pieces {
                precondition(piece.visible.upperBound <= visible.bytes.count, "a piece beyond the end")
                guard let place = piece.source else { continue }
                precondition(place.upperBound <= source.count, "a place beyond the end")
                if piece.isVerbatim { precondition(place.count == piece.visible.count, "a piece has another length") }
            }
            _ = visible.source(of: 0..<visible.bytes.count)
            precondition(!MarkdownHTML.render(text).contains("<script"), "HTML came through")
        },
        // Any text that is written literally is read as that text, wherever it stands.
        FuzzTarget("literal") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let wanted = letters(text)
            let span = MarkdownSpan(text, style: [.bold, .italic])
            for blocks: [MarkdownBlock] in [
                [.literal(text)], [.heading(1, [MarkdownSpan(text)])],
                [.quote([.list(start: 1, items: [[.literal(text)]])])],
                [.paragraph([MarkdownSpan(text, link: "http://a.b")])], [.table([[[MarkdownSpan(text)], []]])],
                [.paragraph([span])],
                [.code(text)],
            ] {
                let markdown = MarkdownWriter.write(blocks)
                precondition(letters(VisibleText(markdown, skipsPlain: false).text) == wanted, markdown)
            }
        },
        FuzzTarget("html-markdown", maximumBytes: 16 << 10) { bytes in
            let html = String(decoding: bytes, as: UTF8.self)
            let parts = HTMLReading.split(html, limit: 4000)
            precondition(parts.written.unicodeScalars.count <= 4000 && parts.quoted?.unicodeScalars.count ?? 0 <= 4000)
        },
    ]

    /// All but blanks and what no reader keeps.
    private static func letters(_ text: String) -> [Unicode.Scalar] {
        text.unicodeScalars.compactMap { scalar in
            switch scalar {
            case "\u{0}": "\u{FFFD}"
            case "\u{1}", "\u{FEFF}", "\u{B}": nil
            default: ScalarKind(scalar) == .space ? nil : scalar
            }
        }
    }
}
