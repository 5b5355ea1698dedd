internal import HTTPParsing
internal import HTTPTypes

/// Makes a request of a head that has come whole and whose lines end as they should.
struct HeadReader {
    private let bytes: UnsafeRawBufferPointer
    private let parser: HTTPMessageParser
    private let fieldLimit: Int

    init(bytes: UnsafeRawBufferPointer, parser: HTTPMessageParser, fieldLimit: Int) {
        self.bytes = bytes
        self.parser = parser
        self.fieldLimit = fieldLimit
    }

    func read() throws(RequestRefusal) -> RequestHead {
        do throws(HTTPSyntaxError) {
            try parser.parseHead(bytes)
        } catch {
            switch error {
            case .malformed: throw .malformed
            case .length: throw .ambiguousLength
            case .transferEncoding: throw .unsupportedTransferEncoding
            case .method, .version: throw refusalOfRequestLine()
            }
        }
        guard parser.majorVersion == 1, (0...1).contains(parser.minorVersion) else { throw refusalOfRequestLine() }
        let isOld = parser.minorVersion == 0
        // One blank between the words (RFC 9112, section 3): the library takes more.
        let method = bytes.prefix { $0 != 0x20 }
        let target = parser.target
        guard target.lowerBound == method.count + 1,
            bytes[target.upperBound..<(target.upperBound + 6)].elementsEqual(
                Self.versionStart)
        else { throw .malformed }
        let name = try self.method(method)
        var found = FramingFields()
        let headers = try headers(&found)
        let length = try found.check(parser, name, isOld: isOld)
        if found.hosts != 1, !isOld || found.hosts > 1 { throw .host }
        var head = RequestHead(
            request: HTTPRequest(method: name, path: "/", headers: headers), contentLength: length,
            keepsAlive: parser.keepsAlive, isOld: isOld)
        if found.hasExpectation, !isOld {
            guard headers.all("Expect").allSatisfy({ $0.isEqualIgnoringCase(to: "100-continue") }) else {
                throw .expectation
            }
            head.expectsContinue = head.hasBody
        }
        try setTarget(of: &head.request)
        return head
    }

    static let versionStart = Array(" HTTP/".utf8)

    /// The library has stopped at the first word or at the last.
    private func refusalOfRequestLine() -> RequestRefusal {
        let words = bytes.prefix { $0 != 0x0D }.split(separator: 0x20, omittingEmptySubsequences: false)
        guard words.count == 3, FieldSyntax.isToken(words[0]), !words[1].isEmpty, words[2].count == 8,
            words[2].starts(with: Self.versionStart.dropFirst()), words[2][words[2].startIndex + 6] == 0x2E
        else { return .malformed }
        let (major, minor) = (words[2][words[2].startIndex + 5], words[2][words[2].startIndex + 7])
        guard (0x30...0x39).contains(major), (0x30...0x39).contains(minor) else { return .malformed }
        guard major == 0x31, (0x30...0x31).contains(minor) else { return .version }
        return .methodNotImplemented
    }

    private func method(_ word: UnsafeRawBufferPointer.SubSequence) throws(RequestRefusal) -> HTTPMethod {
        for method in HTTPMethod.allCases where word.elementsEqual(method.rawValue.utf8) { return method }
        // The library knows more of them than are served.
        throw .methodNotAllowed
    }

    private func headers(_ found: inout FramingFields) throws(RequestRefusal) -> HTTPHeaders {
        guard parser.fields.count <= fieldLimit else { throw .tooManyFields }
        var headers = HTTPHeaders(capacity: parser.fields.count + 2)
        for field in parser.fields {
            let name = UnsafeRawBufferPointer(rebasing: bytes[field.name])
            let value = UnsafeRawBufferPointer(rebasing: bytes[field.value])
            guard FieldSyntax.isToken(name), FieldSyntax.isValue(value) else { throw .malformed }
            try found.look(at: name, value)
            headers.add(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
        return headers
    }

    /// Takes origin-form and absolute-form targets apart (RFC 9112, section 3.2).
    private func setTarget(of request: inout HTTPRequest) throws(RequestRefusal) {
        var target = UnsafeRawBufferPointer(rebasing: bytes[parser.target])
        guard target.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else { throw .malformed }
        if target.first != UInt8(ascii: "/") {
            if target.elementsEqual("*".utf8), request.method == .options {
                request.path = "*"
                return
            }
            guard let scheme = ["http://", "https://"].first(where: { startsIgnoringCase(target, $0) }) else {
                throw .malformed
            }
            let rest = target[scheme.utf8.count...]
            let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
            let authority = rest[..<end]
            guard !authority.isEmpty, FieldSyntax.isHost(authority) else { throw .malformed }
            // What the target names goes before what the field says.
            request.headers["Host"] = String(decoding: authority, as: UTF8.self)
            target = UnsafeRawBufferPointer(rebasing: target[end...])
        }
        let mark = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        if mark > 0 { request.path = String(decoding: target[..<mark], as: UTF8.self) }
        if mark < target.endIndex { request.query = String(decoding: target[(mark + 1)...], as: UTF8.self) }
    }

    private func startsIgnoringCase(_ bytes: UnsafeRawBufferPointer, _ prefix: String) -> Bool {
        String(decoding: bytes.prefix(prefix.utf8.count), as: UTF8.self).isEqualIgnoringCase(to: prefix)
    }
}

/// What the fields say about where the body ends (RFC 9112, section 6).
private struct FramingFields {
    var hosts = 0
    var hasExpectation = false
    private var lengths = 0
    private var length = 0
    private var encodings = 0

    mutating func look(at name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(RequestRefusal) {
        switch name.count {
        case 4 where matches(name, "host"):
            hosts += 1
            guard !value.isEmpty, FieldSyntax.isHost(value) else { throw .host }
        case 6 where matches(name, "expect"): hasExpectation = true
        case 14 where matches(name, "content-length"):
            lengths += 1
            guard (1...18).contains(value.count), value.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw .ambiguousLength
            }
            length = value.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        case 17 where matches(name, "transfer-encoding"):
            encodings += 1
            guard matches(value, "chunked") else { throw .unsupportedTransferEncoding }
        default: break
        }
    }

    /// - Returns: The body's length; nil when it comes in chunks.
    func check(_ parser: HTTPMessageParser, _ method: HTTPMethod, isOld: Bool) throws(RequestRefusal) -> Int? {
        guard lengths + encodings <= 1, encodings == 0 || !isOld else { throw .ambiguousLength }
        // The library has to have seen the same.
        guard parser.isChunked == (encodings == 1), parser.contentLength ?? 0 == UInt64(length) else {
            throw .malformed
        }
        // Allowed, but without meaning and a known way to hide a request (RFC 9110, section 9.3.2).
        if method == .head, encodings > 0 || length > 0 { throw .unexpectedBody }
        return encodings == 1 ? nil : length
    }

    /// Compares with `text`, which is in small letters.
    private func matches(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count {
            let byte = bytes[index]
            let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            if lower != text.utf8Start[index] { return false }
        }
        return true
    }
}
