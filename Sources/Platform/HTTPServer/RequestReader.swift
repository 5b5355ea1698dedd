internal import CEventHTTP
internal import HTTPTypes

/// Copies a request out of libevent and refuses what two parsers could read in two ways (RFC 9112, section 11.2).
enum RequestReader {
    private static let maximumFields = 128

    static func read(
        _ request: UnsafeMutablePointer<evhttp_request>, remoteAddress: String
    ) throws(RequestRefusal) -> HTTPRequest {
        guard let target = evhttp_request_get_uri(request) else { throw .malformed }
        let method = try method(of: request)
        let headers = try headers(of: request)
        let body = body(of: request)
        try checkFraming(headers, bodyCount: body.count, method: method, isOld: request.pointee.minor == 0)
        if request.pointee.minor > 0, headers.all("Host").count != 1 { throw .host }
        let (path, query) = try split(target, request)
        return HTTPRequest(
            method: method, path: path, query: query, headers: headers, body: body,
            remoteAddress: remoteAddress)
    }

    private static func method(
        of request: UnsafeMutablePointer<evhttp_request>
    ) throws(RequestRefusal) -> HTTPMethod {
        switch evhttp_request_get_command(request) {
        case EVHTTP_REQ_GET: .get
        case EVHTTP_REQ_HEAD: .head
        case EVHTTP_REQ_POST: .post
        case EVHTTP_REQ_PUT: .put
        case EVHTTP_REQ_PATCH: .patch
        case EVHTTP_REQ_DELETE: .delete
        case EVHTTP_REQ_OPTIONS: .options
        default: throw .methodNotAllowed
        }
    }

    private static func headers(
        of request: UnsafeMutablePointer<evhttp_request>
    ) throws(RequestRefusal) -> HTTPHeaders {
        var headers = HTTPHeaders()
        var next = evhttp_request_get_input_headers(request).pointee.tqh_first
        var count = 0
        while let field = next {
            next = field.pointee.next.tqe_next
            count += 1
            guard count <= maximumFields else { throw .tooManyFields }
            let name = String(cString: field.pointee.key)
            let value = String(cString: field.pointee.value)
            guard isToken(name.utf8), isFieldValue(value.utf8) else { throw .malformed }
            headers.add(name, value)
        }
        return headers
    }

    private static func checkFraming(
        _ headers: HTTPHeaders, bodyCount: Int, method: HTTPMethod, isOld: Bool
    ) throws(RequestRefusal) {
        var lengths = 0
        var length = 0
        var encodings = 0
        for field in headers.fields {
            if field.name.isEqualIgnoringCase(to: "Content-Length") {
                lengths += 1
                guard (1...18).contains(field.value.utf8.count),
                    field.value.utf8.allSatisfy({ (0x30...0x39).contains($0) })
                else { throw .ambiguousLength }
                length = Int(field.value) ?? -1
            } else if field.name.isEqualIgnoringCase(to: "Transfer-Encoding") {
                encodings += 1
                guard field.value.isEqualIgnoringCase(to: "chunked") else { throw .unsupportedTransferEncoding }
            }
        }
        guard lengths + encodings <= 1, encodings == 0 || !isOld else { throw .ambiguousLength }
        // libevent does not read the body of a HEAD, and would find the next request there.
        if encodings > 0 ? method == .head : length != bodyCount { throw .unexpectedBody }
    }

    /// Takes origin-form and absolute-form targets apart (RFC 9112, section 3.2).
    private static func split(
        _ target: UnsafePointer<CChar>, _ request: UnsafeMutablePointer<evhttp_request>
    ) throws(RequestRefusal) -> (path: String, query: String) {
        let text = String(cString: target)
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else { throw .malformed }
        if text.utf8.first == UInt8(ascii: "/") {
            guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (text, "") }
            return (String(text[..<mark]), String(text[text.index(after: mark)...]))
        }
        if text == "*", evhttp_request_get_command(request) == EVHTTP_REQ_OPTIONS { return ("*", "") }
        guard let uri = evhttp_request_get_evhttp_uri(request), evhttp_uri_get_host(uri) != nil else {
            throw .malformed
        }
        let path = evhttp_uri_get_path(uri).map { String(cString: $0) } ?? ""
        let query = evhttp_uri_get_query(uri).map { String(cString: $0) } ?? ""
        return (path.isEmpty ? "/" : path, query)
    }

    private static func body(of request: UnsafeMutablePointer<evhttp_request>) -> [UInt8] {
        let input = evhttp_request_get_input_buffer(request)
        let count = evbuffer_get_length(input)
        guard count > 0 else { return [] }
        return Array(unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, Int(evbuffer_remove(input, buffer.baseAddress, count)))
        }
    }

    /// Whether `text` is a token (RFC 9110, section 5.6.2), as the name of a field must be.
    static func isToken(_ text: String.UTF8View) -> Bool {
        !text.isEmpty
            && text.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
                default: false
                }
            }
    }

    /// Whether `text` has no control character but the tab.
    static func isFieldValue(_ text: String.UTF8View) -> Bool {
        text.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
    }
}
