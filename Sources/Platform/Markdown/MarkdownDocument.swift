internal import CCmark
import Synchronization

/// A text as cmark-gfm reads it: CommonMark with GitHub's tables, strikethrough and lists of tasks.
///
/// Owns the tree. What would cost more than the text is long is taken out of the copy that the parser gets
/// (``MarkdownBounds``), byte for byte, so that places stay the same.
final class MarkdownDocument {
    let root: OpaquePointer

    /// The parser keeps which characters are special in one table for the whole process, and each run changes it.
    private static let parsing = Mutex(false)
    private static let extensions = ["table", "strikethrough", "tasklist"]

    /// - Parameters:
    ///   - bytes: Bounded already.
    ///   - findsAddresses: Whether bare addresses become links.
    init?(_ bytes: [UInt8], findsAddresses: Bool) {
        let parsed: OpaqueResult = Self.parsing.withLock { isReady in
            if !isReady {
                cmark_gfm_core_extensions_ensure_registered()
                isReady = true
            }
            guard let parser = cmark_parser_new(Self.options) else { return OpaqueResult(root: nil) }
            defer { cmark_parser_free(parser) }
            for name in Self.extensions + (findsAddresses ? ["autolink"] : []) {
                if let found = cmark_find_syntax_extension(name) { cmark_parser_attach_syntax_extension(parser, found) }
            }
            bytes.withUnsafeBytes { buffer in
                cmark_parser_feed(parser, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
            }
            return OpaqueResult(root: cmark_parser_finish(parser))
        }
        guard let root = parsed.root else { return nil }
        self.root = root
    }

    deinit { cmark_node_free(root) }

    static let options = CMARK_OPT_DEFAULT | CMARK_OPT_HARDBREAKS | CMARK_OPT_VALIDATE_UTF8

    /// The tree on its way out of the lock; nobody else has it.
    private struct OpaqueResult: @unchecked Sendable {
        let root: OpaquePointer?
    }
}
