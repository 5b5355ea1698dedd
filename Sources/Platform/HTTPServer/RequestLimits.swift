/// What a ``RequestReader`` puts up with.
struct RequestLimits: Sendable {
    /// The request line and the fields together.
    var headBytes = 32 << 10
    /// RFC 9112, section 3, asks for at least 8,000 bytes.
    var requestLineBytes = 8 << 10
    var fields = 128
    var trailerBytes = 8 << 10
    var trailerFields = 32
    /// Empty lines before a request, as some clients send behind a body.
    static let emptyLines = 2
    /// A line before a chunk, with its extensions.
    static let chunkLineBytes = 4 << 10
    /// What the lines around chunks may take altogether, beside 16 bytes and once the chunk's size for each.
    static let chunkOverhead = 16 << 10
}
