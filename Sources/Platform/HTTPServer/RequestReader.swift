internal import HTTPParsing
internal import HTTPTypes

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Takes requests out of the bytes of one connection, and refuses what two parsers could read in two ways (RFC 9112,
/// section 11.2).
///
/// Knows no sockets: it is given what has come, says how much of it it took and what that was, and is asked again. It
/// cuts the bytes where lines end, looks at those ends itself, and has an ``HTTPMessageParser`` read what lies between:
/// the library would take bare line feeds, folded lines, blanks in names and anything in the place of a chunk's line end.
/// What has not come whole, a head or a line, stays with the caller: nothing is held here.
struct RequestReader {
    enum Event {
        /// Nothing more can be made of these bytes until others follow; those that were taken meant nothing.
        case needsMore
        case head(RequestHead)
        /// A piece of the body, within the bytes that were given.
        case body(UnsafeRawBufferPointer)
        /// The body is over; a request without a body has no such event.
        case end(trailers: HTTPHeaders)
    }

    private enum Phase {
        case head
        case identity(left: Int)
        case chunkLine
        case chunkData(left: Int)
        case chunkEnd
        case trailers
    }

    private let limits: RequestLimits
    /// Of the body that is being read: whoever gets the head may change it before the body is asked for.
    var maximumBodyBytes = Int.max
    private var phase = Phase.head
    private var emptyLines = 0
    /// How far a head or the trailers have been looked at, and where the line lies that has no end yet.
    private var scanned = 0
    private var lineStart = 0
    private var lines = 0
    private var bodyBytes = 0
    private var overhead = 0
    private var chunks: HTTPMessageParser?

    init(limits: RequestLimits = RequestLimits()) { self.limits = limits }

    /// Whether nothing of a request has come.
    var isBetweenRequests: Bool { if case .head = phase { scanned == 0 } else { false } }

    /// Looks at what has come.
    ///
    /// - Parameters:
    ///   - bytes: Everything that was not taken before, and what has come since.
    ///   - parser: Shared with other connections of the loop; nothing stays in it.
    /// - Throws: What is wrong; the connection has to be ended, and the reader not to be asked again.
    mutating func next(
        _ bytes: UnsafeRawBufferPointer, using parser: HTTPMessageParser
    ) throws(RequestRefusal) -> (taken: Int, event: Event) {
        switch phase {
        case .head: return try head(bytes, parser)
        case .identity(let left):
            if left == 0 { return end([:], taken: 0) }
            guard !bytes.isEmpty else { return (0, .needsMore) }
            let piece = UnsafeRawBufferPointer(rebasing: bytes.prefix(left))
            phase = .identity(left: left - piece.count)
            return (piece.count, .body(piece))
        case .chunkLine: return try chunkLine(bytes)
        case .chunkData(let left):
            guard !bytes.isEmpty else { return (0, .needsMore) }
            let piece = UnsafeRawBufferPointer(rebasing: bytes.prefix(left))
            try parse { chunks throws(HTTPSyntaxError) in try chunks.skipChunkData(piece) }
            phase = left == piece.count ? .chunkEnd : .chunkData(left: left - piece.count)
            return (piece.count, .body(piece))
        case .chunkEnd:
            guard bytes.count >= 2 else {
                if let first = bytes.first, first != 0x0D { throw .malformed }
                return (0, .needsMore)
            }
            guard bytes[0] == 0x0D, bytes[1] == 0x0A else { throw .malformed }
            let ending = UnsafeRawBufferPointer(rebasing: bytes[..<2])
            try parse { chunks throws(HTTPSyntaxError) in try chunks.skipChunkData(ending) }
            phase = .chunkLine
            return (2, .needsMore)
        case .trailers: return try trailers(bytes)
        }
    }

    private mutating func end(_ trailers: HTTPHeaders, taken: Int) -> (taken: Int, event: Event) {
        self = RequestReader(limits: limits)
        return (taken, .end(trailers: trailers))
    }

    // MARK: Head

    private mutating func head(
        _ bytes: UnsafeRawBufferPointer, _ parser: HTTPMessageParser
    ) throws(RequestRefusal) -> (taken: Int, event: Event) {
        if scanned == 0 {
            guard let first = bytes.first else { return (0, .needsMore) }
            if first == 0x0D, emptyLines < RequestLimits.emptyLines {
                guard bytes.count > 1 else { return (0, .needsMore) }
                guard bytes[1] == 0x0A else { throw .malformed }
                emptyLines += 1
                return (2, .needsMore)
            }
            // What is no HTTP at all, a TLS handshake for one, is not waited for.
            guard FieldSyntax.isTokenByte(first) else { throw .malformed }
        }
        guard let count = try section(bytes, isHead: true) else { return (0, .needsMore) }
        let head = try HeadReader(
            bytes: UnsafeRawBufferPointer(rebasing: bytes[..<count]), parser: parser, fieldLimit: limits.fields
        ).read()
        let limits = limits
        self = RequestReader(limits: limits)
        if let length = head.contentLength {
            if length > 0 { phase = .identity(left: length) }
        } else {
            phase = .chunkLine
            chunks = parser.makeBodyParser()
        }
        return (count, .head(head))
    }

    /// Looks for the empty line that ends a head or the trailers, and at the end of each line before it.
    ///
    /// - Returns: How many bytes there are to the end of the empty line; nil when that has not come.
    private mutating func section(
        _ bytes: UnsafeRawBufferPointer, isHead: Bool
    ) throws(RequestRefusal) -> Int? {
        let most = isHead ? limits.headBytes : limits.trailerBytes
        let tooLarge: RequestRefusal = isHead ? .headTooLarge : .trailersTooLarge
        while let feed = Self.find(0x0A, in: bytes, from: scanned) {
            let end = feed - 1
            // A line feed alone, or a carriage return within the line, would be an end for some and none for others.
            guard end >= lineStart, bytes[end] == 0x0D, Self.find(0x0D, in: bytes, from: lineStart) == end else {
                throw .malformed
            }
            let isFirst = isHead && lines == 0
            if isFirst {
                if end > min(limits.requestLineBytes, most) { throw .targetTooLong }
                // HTTP/0.9, and what is no HTTP: no further line may ever come.
                guard end > 9, bytes[(end - 9)..<(end - 3)].elementsEqual(HeadReader.versionStart) else {
                    throw .malformed
                }
            }
            if end == lineStart {
                guard !isFirst else { throw .malformed }
                guard feed + 1 <= most else { throw tooLarge }
                return feed + 1
            }
            // A line that goes on in the next (RFC 9112, section 5.2).
            if bytes[lineStart] == 0x20 || bytes[lineStart] == 0x09 { throw .malformed }
            lines += 1
            lineStart = feed + 1
            scanned = lineStart
            if lines > (isHead ? limits.fields + 1 : limits.trailerFields) {
                throw isHead ? .tooManyFields : .trailersTooLarge
            }
        }
        scanned = bytes.count
        if isHead, lines == 0, bytes.count > min(limits.requestLineBytes, most) { throw .targetTooLong }
        guard bytes.count <= most else { throw tooLarge }
        return nil
    }

    private static func find(_ byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count else { return nil }
        guard let found = memchr(base + start, Int32(byte), bytes.count - start) else { return nil }
        return UnsafeRawPointer(found) - base
    }

    // MARK: Chunks

    private mutating func chunkLine(_ bytes: UnsafeRawBufferPointer) throws(RequestRefusal) -> (Int, Event) {
        guard let feed = Self.find(0x0A, in: bytes, from: scanned) else {
            scanned = bytes.count
            guard bytes.count <= RequestLimits.chunkLineBytes else { throw .malformed }
            return (0, .needsMore)
        }
        scanned = 0
        let line = UnsafeRawBufferPointer(rebasing: bytes[...feed])
        guard line.count <= RequestLimits.chunkLineBytes, feed > 0, bytes[feed - 1] == 0x0D,
            FieldSyntax.isChunkLine(UnsafeRawBufferPointer(rebasing: bytes[..<(feed - 1)]))
        else { throw .malformed }
        var size: UInt64 = 0
        try parse { chunks throws(HTTPSyntaxError) in size = try chunks.parseChunkLine(line) }
        guard size > 0 else {
            phase = .trailers
            return (line.count, .needsMore)
        }
        guard size <= UInt64(maximumBodyBytes - bodyBytes) else { throw .bodyTooLarge }
        bodyBytes += Int(size)
        // A byte at a time within kilobytes of extensions would be work without end for a body without size.
        overhead = max(0, overhead + line.count - 16 - Int(size))
        guard overhead <= RequestLimits.chunkOverhead else { throw .malformed }
        phase = .chunkData(left: Int(size))
        return (line.count, .needsMore)
    }

    private mutating func trailers(_ bytes: UnsafeRawBufferPointer) throws(RequestRefusal) -> (Int, Event) {
        guard let count = try section(bytes, isHead: false) else { return (0, .needsMore) }
        let section = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        var trailers = HTTPHeaders()
        var failure: RequestRefusal?
        try parse { chunks throws(HTTPSyntaxError) in
            try chunks.parseTrailers(section)
            for field in chunks.fields {
                let name = UnsafeRawBufferPointer(rebasing: section[field.name])
                let value = UnsafeRawBufferPointer(rebasing: section[field.value])
                guard FieldSyntax.isToken(name), FieldSyntax.isValue(value) else {
                    failure = .malformed
                    return
                }
                let text = String(decoding: name, as: UTF8.self)
                if Trailers.isAllowed(text) { trailers.add(text, String(decoding: value, as: UTF8.self)) }
            }
        }
        if let failure { throw failure }
        return end(trailers, taken: count)
    }

    private func parse(_ body: (HTTPMessageParser) throws(HTTPSyntaxError) -> Void) throws(RequestRefusal) {
        guard let chunks else { preconditionFailure("a chunked body is read without its parser") }
        do throws(HTTPSyntaxError) { try body(chunks) } catch { throw .malformed }
    }
}
