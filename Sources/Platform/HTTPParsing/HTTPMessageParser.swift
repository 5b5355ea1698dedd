internal import CHTTPParser

/// Finds the parts of a request's head, of its chunks and of its trailers (RFC 9112).
///
/// The wall around `http_parser`: whoever puts `llhttp` in its place changes this folder. The library reads on where
/// strict mode would stop, because Debian builds it without: what depends on where lines end is the caller's to check,
/// who cuts the bytes at lines for that reason. Everything here is handed over whole: a head, a line, a chunk's data.
///
/// One parser serves any number of requests, one after the other. Not thread-safe.
package final class HTTPMessageParser {
    /// Where a field's name and value lie in the bytes that were parsed; the value without blanks around it.
    package struct Field {
        package let name: Range<Int>
        package let value: Range<Int>
    }

    package private(set) var target = 0..<0
    package private(set) var fields: [Field] = []
    package var majorVersion: Int { Int(parser.pointee.http_major) }
    package var minorVersion: Int { Int(parser.pointee.http_minor) }
    /// Whether the sender means to go on with the connection (RFC 9112, section 9.3).
    package private(set) var keepsAlive = false
    /// The value of `Content-Length`, if there is one.
    package private(set) var contentLength: UInt64?
    /// Whether the last transfer encoding is `chunked`.
    package private(set) var isChunked = false

    // A head's own parser is used again and again; that of a chunked body begins as a copy of it.
    private let parser: UnsafeMutablePointer<http_parser>
    private var base: UnsafePointer<CChar>?
    private var fieldName = 0..<0
    private var chunkSize: UInt64 = 0
    private var isHeadComplete = false
    private var isMessageComplete = false

    nonisolated(unsafe) private static let settings: UnsafeMutablePointer<http_parser_settings> = {
        let settings = UnsafeMutablePointer<http_parser_settings>.allocate(capacity: 1)
        http_parser_settings_init(settings)
        settings.pointee.on_url = targetFound
        settings.pointee.on_header_field = fieldNameFound
        settings.pointee.on_header_value = fieldValueFound
        settings.pointee.on_headers_complete = headCompleted
        settings.pointee.on_chunk_header = chunkBegan
        settings.pointee.on_message_complete = messageCompleted
        // The library's own limit counts over lines and holds for the whole process; callers have limits of their own.
        http_parser_set_max_header_size(UInt32(Int32.max))
        return settings
    }()

    package init() {
        parser = .allocate(capacity: 1)
        http_parser_init(parser, HTTP_REQUEST)
    }

    deinit { parser.deallocate() }

    /// Parses a head: the request line, the fields and the empty line, and nothing behind it.
    package func parseHead(_ head: UnsafeRawBufferPointer) throws(HTTPSyntaxError) {
        http_parser_init(parser, HTTP_REQUEST)
        fields.removeAll(keepingCapacity: true)
        target = 0..<0
        isHeadComplete = false
        try execute(head)
        guard isHeadComplete else { throw .malformed }
    }

    /// Parses the line before a chunk, with its line end.
    ///
    /// - Returns: The chunk's size; zero for the last, which ``parseTrailers(_:)`` follows.
    package func parseChunkLine(_ line: UnsafeRawBufferPointer) throws(HTTPSyntaxError) -> UInt64 {
        chunkSize = .max
        try execute(line)
        guard chunkSize != .max else { throw .malformed }
        return chunkSize
    }

    /// Passes over some or all of a chunk's data, or the line end behind it.
    package func skipChunkData(_ data: UnsafeRawBufferPointer) throws(HTTPSyntaxError) { try execute(data) }

    /// Parses what follows the last chunk: fields, which are in ``fields`` then, and the empty line.
    package func parseTrailers(_ section: UnsafeRawBufferPointer) throws(HTTPSyntaxError) {
        fields.removeAll(keepingCapacity: true)
        isMessageComplete = false
        try execute(section)
        guard isMessageComplete else { throw .malformed }
    }

    /// A parser for the chunked body behind the head that this one has just parsed.
    package func makeBodyParser() -> HTTPMessageParser {
        let body = HTTPMessageParser()
        body.parser.update(from: parser, count: 1)
        return body
    }

    private func execute(_ bytes: UnsafeRawBufferPointer) throws(HTTPSyntaxError) {
        parser.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        let start = bytes.assumingMemoryBound(to: CChar.self).baseAddress
        base = start
        let count = http_parser_execute(parser, Self.settings, start, bytes.count)
        switch http_errno(rawValue: parser.pointee.http_errno) {
        case HPE_OK: break
        case HPE_INVALID_METHOD: throw .method
        case HPE_INVALID_VERSION: throw .version
        case HPE_INVALID_CONTENT_LENGTH, HPE_UNEXPECTED_CONTENT_LENGTH: throw .length
        case HPE_INVALID_TRANSFER_ENCODING: throw .transferEncoding
        default: throw .malformed
        }
        guard count == bytes.count else { throw .malformed }
    }

    // MARK: What the library finds

    private func range(_ start: UnsafePointer<CChar>?, _ count: Int) -> Range<Int> {
        guard let start, let base else { return 0..<0 }
        return (start - base)..<(start - base + count)
    }

    fileprivate func foundTarget(_ start: UnsafePointer<CChar>?, _ count: Int) { target = range(start, count) }

    fileprivate func foundName(_ start: UnsafePointer<CChar>?, _ count: Int) { fieldName = range(start, count) }

    fileprivate func foundValue(_ start: UnsafePointer<CChar>?, _ count: Int) {
        var count = count
        // The library leaves the blanks at the end.
        while count > 0, let start, start[count - 1] == 0x20 || start[count - 1] == 0x09 { count -= 1 }
        fields.append(Field(name: fieldName, value: range(start, count)))
    }

    fileprivate func headEnded() {
        isHeadComplete = true
        keepsAlive = http_should_keep_alive(parser) != 0
        let flags = parser.pointee.flags
        isChunked = flags & UInt32(F_CHUNKED.rawValue) != 0
        contentLength = flags & UInt32(F_CONTENTLENGTH.rawValue) != 0 ? parser.pointee.content_length : nil
    }

    fileprivate func foundChunk() { chunkSize = parser.pointee.content_length }

    fileprivate func messageEnded() { isMessageComplete = true }
}

private func owner(_ parser: UnsafeMutablePointer<http_parser>?) -> HTTPMessageParser? {
    parser?.pointee.data.map { Unmanaged<HTTPMessageParser>.fromOpaque($0).takeUnretainedValue() }
}

private func targetFound(_ parser: UnsafeMutablePointer<http_parser>?, _ at: UnsafePointer<CChar>?, _ count: Int)
    -> Int32
{
    owner(parser)?.foundTarget(at, count)
    return 0
}

private func fieldNameFound(_ parser: UnsafeMutablePointer<http_parser>?, _ at: UnsafePointer<CChar>?, _ count: Int)
    -> Int32
{
    owner(parser)?.foundName(at, count)
    return 0
}

private func fieldValueFound(_ parser: UnsafeMutablePointer<http_parser>?, _ at: UnsafePointer<CChar>?, _ count: Int)
    -> Int32
{
    owner(parser)?.foundValue(at, count)
    return 0
}

/// A body without chunks is counted by the caller: 1 tells the library that there is none.
private func headCompleted(_ parser: UnsafeMutablePointer<http_parser>?) -> Int32 {
    guard let owner = owner(parser) else { return -1 }
    owner.headEnded()
    return owner.isChunked ? 0 : 1
}

private func chunkBegan(_ parser: UnsafeMutablePointer<http_parser>?) -> Int32 {
    owner(parser)?.foundChunk()
    return 0
}

private func messageCompleted(_ parser: UnsafeMutablePointer<http_parser>?) -> Int32 {
    owner(parser)?.messageEnded()
    return 0
}
