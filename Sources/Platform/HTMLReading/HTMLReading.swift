import Markdown

/// Makes Markdown of HTML that others wrote, mails first of all.
///
///     HTMLReading.markdown(html)              // the whole
///     let mail = HTMLReading.split(html)
///     mail.written                            // Markdown of what stands before the quotation
///     mail.quoted                             // Markdown of the attribution and the quotation, or nil
///     mail.quotation?.client, .isForward      // which program marked it, and as what
///
/// `split` cuts by the structure that mail programs write (``HTMLQuotation``), never by words. It cuts only where nothing
/// that a person sees stands behind the quotation: an answer below or in between keeps its quotations, as `> `. It does not
/// cut a mail that its program marks as forwarded. Outlook marks an answer and a forwarded mail alike: whoever has the
/// headers decides, and puts the two parts together again with ``Parts/whole``. An attribution that no program marks
/// (Apple's older "On … wrote:" before the quotation) is the last line of `written`.
///
/// For rules of your own there is the tree: ``HTMLDocument`` has its nodes in the order of the text, and
/// ``markdown(_:in:limit:)`` takes a range of their numbers.
package enum HTMLReading {
    package struct Parts: Sendable {
        package let written: String
        package let quoted: String?
        package let quotation: HTMLQuotation?
        /// Whether the HTML was longer or deeper than is read.
        package let isCut: Bool

        /// Both, as they came.
        package var whole: String {
            guard let quoted, !quoted.isEmpty else { return written }
            return written.isEmpty ? quoted : "\(written)\n\n\(quoted)"
        }
    }

    /// - Parameter limit: Unicode scalars that come out at most; what is longer ends with `…`.
    package static func markdown(_ html: String, limit: Int = .max) -> String {
        let document = HTMLDocument(html)
        return markdown(document, in: 0..<document.nodes.count, limit: limit)
    }

    /// What the nodes in `range` say; the elements that they are in keep their meaning.
    package static func markdown(_ document: HTMLDocument, in range: Range<Int>, limit: Int = .max) -> String {
        MarkdownWriter.write(HTMLToMarkdown.blocks(document, in: range), limit: limit)
    }

    /// - Parameter limit: Unicode scalars of each part.
    package static func split(_ html: String, limit: Int = .max) -> Parts {
        let document = HTMLDocument(html)
        let count = document.nodes.count
        let quotation = HTMLQuotation.find(document)
        guard let quotation, !quotation.isForward, !quotation.hasTextBehind else {
            return Parts(
                written: markdown(document, in: 0..<count, limit: limit), quoted: nil, quotation: quotation,
                isCut: document.isCut)
        }
        return Parts(
            written: markdown(document, in: 0..<quotation.start, limit: limit),
            quoted: markdown(document, in: quotation.start..<count, limit: limit), quotation: quotation,
            isCut: document.isCut)
    }
}
