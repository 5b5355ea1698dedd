internal import CCmark

/// Markdown as HTML, for mail.
package enum MarkdownHTML {
    /// The text as HTML of cmark-gfm: line breaks stay, bare addresses are links, `javascript:` and its like lead nowhere.
    ///
    /// HTML in the text is shown as it stands, not let through, and a picture is a link with its name: no mail loads from
    /// elsewhere what somebody wrote. Spoilers stand between their bars. Bounded: a text over 256 KiB is cut.
    package static func render(_ text: String) -> String {
        let bytes = MarkdownBounds.bounded(text)
        let ats = bytes.lazy.filter { $0 == UInt8(ascii: "@") }.count
        guard let document = MarkdownDocument(bytes, findsAddresses: ats <= MarkdownBounds.maximumMailAddresses) else {
            return ""
        }
        defuse(document.root)
        guard let html = cmark_render_html(document.root, MarkdownDocument.options, nil) else { return "" }
        defer { cmark_get_default_mem_allocator().pointee.free(html) }
        var result = Array(UnsafeRawBufferPointer(start: html, count: length(html)))
        result.removeAll { $0 == MarkdownBounds.taken }
        return String(decoding: result, as: UTF8.self)
    }

    private static func length(_ text: UnsafePointer<CChar>) -> Int {
        var count = 0
        while text[count] != 0 { count += 1 }
        return count
    }

    /// Makes text of HTML and links of pictures.
    private static func defuse(_ root: OpaquePointer) {
        guard let iterator = cmark_iter_new(root) else { return }
        var found: [OpaquePointer] = []
        while true {
            let event = cmark_iter_next(iterator)
            guard event != CMARK_EVENT_DONE else { break }
            guard let node = cmark_iter_get_node(iterator), event == CMARK_EVENT_ENTER else { continue }
            let kind = cmark_node_get_type(node)
            if kind == CMARK_NODE_HTML_BLOCK || kind == CMARK_NODE_HTML_INLINE || kind == CMARK_NODE_IMAGE {
                found.append(node)
            }
        }
        cmark_iter_free(iterator)
        for node in found {
            switch cmark_node_get_type(node) {
            case CMARK_NODE_IMAGE: replace(node, by: cmark_node_new(CMARK_NODE_LINK), takesChildren: true)
            case CMARK_NODE_HTML_INLINE:
                let text = cmark_node_new(CMARK_NODE_TEXT)
                cmark_node_set_literal(text, cmark_node_get_literal(node))
                replace(node, by: text, takesChildren: false)
            default:
                let text = cmark_node_new(CMARK_NODE_TEXT)
                cmark_node_set_literal(text, cmark_node_get_literal(node))
                let paragraph = cmark_node_new(CMARK_NODE_PARAGRAPH)
                cmark_node_append_child(paragraph, text)
                replace(node, by: paragraph, takesChildren: false)
            }
        }
    }

    private static func replace(
        _ node: OpaquePointer, by other: OpaquePointer?, takesChildren: Bool
    ) {
        guard let other else { return }
        if takesChildren {
            cmark_node_set_url(other, cmark_node_get_url(node))
            while let child = cmark_node_first_child(node) {
                cmark_node_unlink(child)
                if cmark_node_append_child(other, child) == 0 { cmark_node_free(child) }
            }
        }
        if cmark_node_replace(node, other) == 1 { cmark_node_free(node) } else { cmark_node_free(other) }
    }
}
