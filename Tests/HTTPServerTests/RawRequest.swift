import Testing

/// A request as raw bytes, what we answer, and what nginx answers.
struct RawRequest: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    let status: Int
    /// Of the problem; empty for 200.
    let code: String
    /// nginx 1.22 as a proxy, which reads bodies whole; nil where it says nothing or speaks HTTP/0.9.
    let nginx: Int?

    init(_ name: String, _ text: String, _ status: Int, _ code: String = "", nginx: Int?) {
        self.name = name
        self.text = text
        self.status = status
        self.code = code
        self.nginx = nginx
    }

    var testDescription: String { name }

    static let all =
        requestLines + lines + hosts + lengths + encodings + chunks + trailers + bodies + sizes

    private static let post = "POST / HTTP/1.1\r\nHost: h\r\n"
    private static let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n"
}

extension RawRequest {
    private static let requestLines: [RawRequest] = [
        RawRequest("no version", "GET /\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: nil),
        RawRequest("HTTP/0.9", "GET /\r\n", 400, "malformed_request", nginx: nil),
        RawRequest("HTTP/1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505, "version_not_supported", nginx: 200),
        RawRequest("HTTP/2.0", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505, "version_not_supported", nginx: 505),
        RawRequest(
            "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version_not_supported", nginx: 400),
        RawRequest("HTTP/10.1", "GET / HTTP/10.1\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 505),
        RawRequest("HTTP/1.", "GET / HTTP/1.\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest(
            "http/1.1 in small letters", "GET / http/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest(
            "a blank behind the version", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "two blanks before the target", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "two blanks before the version", "GET /  HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "a tab between the words", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest(
            "a blank before the method", " GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest(
            "a method in small letters", "get / HTTP/1.1\r\nHost: h\r\n\r\n", 501, "method_not_implemented", nginx: 400),
        RawRequest(
            "an unknown method", "FROB / HTTP/1.1\r\nHost: h\r\n\r\n", 501, "method_not_implemented", nginx: 200),
        RawRequest("TRACE", "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 405, "method_not_allowed", nginx: 405),
        RawRequest("CONNECT", "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", 405, "method_not_allowed", nginx: 400),
        RawRequest("no target", "GET HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("a target without slash", "GET x HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("an asterisk for GET", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 200, nginx: 400),
        RawRequest("absolute form", "GET http://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n", 200, nginx: 200),
        RawRequest("absolute form without path", "GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", 200, nginx: 200),
        RawRequest(
            "absolute form with another host in the field", "GET http://h/ HTTP/1.1\r\nHost: other\r\n\r\n", 200,
            nginx: 200),
        RawRequest(
            "absolute form of another scheme", "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request",
            nginx: 200),
        RawRequest(
            "absolute form with a password", "GET http://u:p@h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request",
            nginx: 400),
        RawRequest("a fragment", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "a byte above ASCII in the target", "GET /ä HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request",
            nginx: 200),
        RawRequest("NUL in the target", "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest(
            "a control character in the target", "GET /\u{1} HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request",
            nginx: 400),
        RawRequest("TLS", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}ü\u{3}\u{3}", 400, "malformed_request", nginx: 400),
        RawRequest("an empty line first", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 200, nginx: 200),
        RawRequest("two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 200, nginx: 200),
        RawRequest(
            "three empty lines first", "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request",
            nginx: 200),
        RawRequest(
            "a bare line feed first", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "a bare carriage return first", "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed_request", nginx: 200),
    ]
}

extension RawRequest {
    private static let lines: [RawRequest] = [
        RawRequest("bare line feeds", "GET / HTTP/1.1\nHost: h\n\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "a bare line feed behind the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400, "malformed_request",
            nginx: 200),
        RawRequest("a bare line feed behind a field", get + "A: b\nC: d\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "a bare line feed behind an empty field", get + "A:\nC: d\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest("a bare line feed at the end", get + "\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "a bare carriage return in a value", get + "A: b\rC: d\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("a bare carriage return in a name", get + "A\rB: c\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest(
            "carriage returns before the line end", get + "A: b\r\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest("a folded line", get + "A: b\r\n c\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("a line folded with a tab", get + "A: b\r\n\tc\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest(
            "a folded line after an empty value", get + "A:\r\n b\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest(
            "a blank before the first field", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400, "malformed_request", nginx: 400
        ),
        RawRequest("no colon", get + "nothing\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest("an empty name", get + ": x\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("a blank before the colon", get + "A : b\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("a tab before the colon", get + "A\t: b\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("a blank in a name", get + "A B: c\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("a slash in a name", get + "A/B: c\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest("a byte above ASCII in a name", get + "Ä: c\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest("NUL in a name", get + "A\0B: c\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("an underscore in a name", get + "A_B: c\r\n\r\n", 200, nginx: 200),
        RawRequest(
            "NUL in a value", get + "Authorization: Bearer x\0zzz\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("a control character in a value", get + "A: \u{1}\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest("DEL in a value", get + "A: \u{7F}\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest("a tab in a value", get + "A: b\tc\r\n\r\n", 200, nginx: 200),
        RawRequest("bytes above ASCII in a value", get + "A: ä\r\n\r\n", 200, nginx: 200),
        RawRequest("an empty value", get + "A:\r\nB: \r\n\r\n", 200, nginx: 200),
        RawRequest("no blank behind the colon", get + "A:b\r\n\r\n", 200, nginx: 200),
    ]
}

extension RawRequest {
    private static let hosts: [RawRequest] = [
        RawRequest("no host", "GET / HTTP/1.1\r\n\r\n", 400, "bad_host", nginx: 400),
        RawRequest("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_host", nginx: 400),
        RawRequest("the same host twice", "GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n", 400, "bad_host", nginx: 400),
        RawRequest("an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "bad_host", nginx: 400),
        RawRequest("a host with a port", "GET / HTTP/1.1\r\nHost: h:80\r\n\r\n", 200, nginx: 200),
        RawRequest("an IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200, nginx: 200),
        RawRequest("a host with a path", "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n", 400, "bad_host", nginx: 400),
        RawRequest("a host with a password", "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400, "bad_host", nginx: 200),
        RawRequest("a host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "bad_host", nginx: 400),
        RawRequest("hosts in a list", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 200, nginx: 200),
        RawRequest("a port that is no number", "GET / HTTP/1.1\r\nHost: h:x\r\n\r\n", 400, "bad_host", nginx: 200),
        RawRequest("HTTP/1.0 without host", "GET / HTTP/1.0\r\n\r\n", 200, nginx: 200),
    ]
}

extension RawRequest {
    private static let lengths: [RawRequest] = [
        RawRequest("a length", post + "Content-Length: 1\r\n\r\na", 200, nginx: 200),
        RawRequest("a length with a zero before", post + "Content-Length: 01\r\n\r\na", 200, nginx: 200),
        RawRequest("a length with a sign", post + "Content-Length: +1\r\n\r\na", 400, "ambiguous_length", nginx: 400),
        RawRequest("a negative length", post + "Content-Length: -1\r\n\r\n", 400, "ambiguous_length", nginx: 400),
        RawRequest(
            "a length with a blank in it", post + "Content-Length: 1 1\r\n\r\na", 400, "ambiguous_length", nginx: 400),
        RawRequest("a length with blanks around it", post + "Content-Length:  1 \r\n\r\na", 200, nginx: 200),
        RawRequest("a length in a list", post + "Content-Length: 1,1\r\n\r\na", 400, "ambiguous_length", nginx: 400),
        RawRequest(
            "a length in a list with a blank", post + "Content-Length: 1, 1\r\n\r\na", 400, "ambiguous_length",
            nginx: 400),
        RawRequest("a hexadecimal length", post + "Content-Length: 0x1\r\n\r\na", 400, "ambiguous_length", nginx: 400),
        RawRequest("a length with a point", post + "Content-Length: 1.0\r\n\r\na", 400, "ambiguous_length", nginx: 400),
        RawRequest("an empty length", post + "Content-Length:\r\n\r\n", 400, "ambiguous_length", nginx: 400),
        RawRequest(
            "a length beyond 64 bits", post + "Content-Length: 18446744073709551617\r\n\r\na", 400, "ambiguous_length",
            nginx: 400),
        RawRequest(
            "two lengths", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, "ambiguous_length",
            nginx: 400),
        RawRequest(
            "the same length twice", post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400, "ambiguous_length",
            nginx: 400),
        RawRequest(
            "a blank before the colon of the length", post + "Content-Length : 1\r\n\r\na", 400, "malformed_request",
            nginx: 400),
        RawRequest(
            "a length with a vertical tab", post + "Content-Length: \u{B}1\r\n\r\na", 400, "ambiguous_length",
            nginx: 400),
    ]
}

extension RawRequest {
    private static let encodings: [RawRequest] = [
        RawRequest("chunks", chunked + "1\r\na\r\n0\r\n\r\n", 200, nginx: 200),
        RawRequest(
            "chunks and a length", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
            "ambiguous_length", nginx: 400),
        RawRequest(
            "a length and chunks", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400,
            "ambiguous_length", nginx: 400),
        RawRequest("Chunked in capitals", post + "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", 200, nginx: 200),
        RawRequest(
            "chunked in quotes", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 501,
            "unsupported_transfer_encoding", nginx: 501),
        RawRequest(
            "gzip and chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501,
            "unsupported_transfer_encoding", nginx: 501),
        RawRequest(
            "chunked and identity", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501,
            "unsupported_transfer_encoding", nginx: 501),
        RawRequest(
            "identity", post + "Transfer-Encoding: identity\r\n\r\n", 501, "unsupported_transfer_encoding", nginx: 501),
        RawRequest(
            "chunked twice in a list", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501,
            "unsupported_transfer_encoding", nginx: 501),
        RawRequest(
            "chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
            "ambiguous_length", nginx: 400),
        RawRequest(
            "identity and chunked in two fields",
            post + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501,
            "unsupported_transfer_encoding", nginx: 400),
        RawRequest(
            "xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501, "unsupported_transfer_encoding",
            nginx: 501),
        RawRequest(
            "an empty transfer encoding", post + "Transfer-Encoding:\r\n\r\n0\r\n\r\n", 501,
            "unsupported_transfer_encoding", nginx: 501),
        RawRequest(
            "chunked with a comma", post + "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", 501,
            "unsupported_transfer_encoding", nginx: 501),
        RawRequest(
            "chunked with a vertical tab", post + "Transfer-Encoding: \u{B}chunked\r\n\r\n0\r\n\r\n", 400,
            "malformed_request", nginx: 501),
        RawRequest(
            "a blank before the colon of chunked", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400,
            "malformed_request", nginx: 400),
        RawRequest(
            "chunked folded", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400, "malformed_request",
            nginx: 400),
        RawRequest(
            "chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
            "ambiguous_length", nginx: 400),
    ]
}

extension RawRequest {
    private static let chunks: [RawRequest] = [
        RawRequest("a size with 0x", chunked + "0x1\r\na\r\n0\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("a size with a plus", chunked + "+1\r\na\r\n0\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("a size with a minus", chunked + "-1\r\na\r\n0\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("a blank before the size", chunked + " 1\r\na\r\n0\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("a blank behind the size", chunked + "1 \r\na\r\n0\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest("a tab behind the size", chunked + "1\t\r\na\r\n0\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "a size with a blank in it", chunked + "1 0\r\na\r\n0\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest("an empty size", chunked + "\r\na\r\n0\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest(
            "an empty line before the size", chunked + "\r\n1\r\na\r\n0\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest(
            "an empty line between chunks", chunked + "1\r\na\r\n\r\n0\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("no number", chunked + "zz\r\n", 400, "malformed_request", nginx: 400),
        RawRequest("a size with an underscore", chunked + "1_0\r\n", 400, "malformed_request", nginx: 400),
        RawRequest(
            "a size beyond 64 bits", chunked + "10000000000000001\r\na\r\n0\r\n\r\n", 400, "malformed_request",
            nginx: 400),
        RawRequest("a size of 64 bits", chunked + "ffffffffffffffff\r\na", 400, "malformed_request", nginx: 400),
        RawRequest("a size in capitals", chunked + "0A\r\n0123456789\r\n0\r\n\r\n", 200, nginx: 200),
        RawRequest(
            "many zeros before the size", chunked + "" + String(repeating: "0", count: 40) + "1\r\na\r\n0\r\n\r\n", 200,
            nginx: 200),
        RawRequest(
            "a bare line feed behind the size", chunked + "1\na\r\n0\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "a bare carriage return behind the size", chunked + "1\ra\r\n0\r\n\r\n", 400, "malformed_request",
            nginx: 400),
        RawRequest(
            "something in the place of the line feed", chunked + "1\rXa\r\n0\r\n\r\n", 400, "malformed_request",
            nginx: 400),
        RawRequest("no line end behind the data", chunked + "1\r\na0\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest(
            "two bytes in the place of the line end", chunked + "1\r\naXX0\r\n\r\n", 400, "malformed_request",
            nginx: 400),
        RawRequest(
            "a bare line feed behind the data", chunked + "1\r\na\n0\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "a bare carriage return behind the data", chunked + "1\r\na\r0\r\n\r\n", 400, "malformed_request",
            nginx: 400),
        RawRequest("data that is too long", chunked + "1\r\nab\r\n0\r\n\r\n", 400, "malformed_request", nginx: 400),
        RawRequest(
            "a bare line feed at the end of the chunks", chunked + "1\r\na\r\n0\r\n\n", 400, "malformed_request",
            nginx: 200),
        RawRequest("an extension", chunked + "1;a\r\na\r\n0\r\n\r\n", 200, nginx: 200),
        RawRequest("an extension with a value", chunked + "1;a=b\r\na\r\n0;c=d\r\n\r\n", 200, nginx: 200),
        RawRequest("an extension with blanks", chunked + "1 ; a = b\r\na\r\n0\r\n\r\n", 200, nginx: 200),
        RawRequest("extensions with a quoted value", chunked + "1;a=\"x;\\\" y\";b\r\na\r\n0\r\n\r\n", 200, nginx: 200),
        RawRequest(
            "an extension that ends in a semicolon", chunked + "1;\r\na\r\n0\r\n\r\n", 400, "malformed_request",
            nginx: 200),
        RawRequest(
            "an extension without a name", chunked + "1;=b\r\na\r\n0\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "an extension whose quote does not end", chunked + "1;a=\"b\r\na\r\n0\r\n\r\n", 400, "malformed_request",
            nginx: 200),
        RawRequest(
            "a carriage return in an extension", chunked + "1;a\rb\r\na\r\n0\r\n\r\n", 400, "malformed_request",
            nginx: 400),
        RawRequest(
            "a bare line feed in an extension", chunked + "1;a\n0\r\na\r\n0\r\n\r\n", 400, "malformed_request",
            nginx: nil),
        RawRequest("NUL in an extension", chunked + "1;a\0\r\na\r\n0\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "an extension of 5,000 bytes", chunked + "1;" + String(repeating: "a", count: 5000) + "\r\na\r\n0\r\n\r\n",
            400, "malformed_request", nginx: 200),
    ]
}

extension RawRequest {
    private static let trailers: [RawRequest] = [
        RawRequest("a trailer", chunked + "1\r\na\r\n0\r\nA: b\r\n\r\n", 200, nginx: 200),
        RawRequest("a trailer without colon", chunked + "0\r\nnothing\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "a trailer with a blank before the colon", chunked + "0\r\nA : b\r\n\r\n", 400, "malformed_request",
            nginx: 200),
        RawRequest("a folded trailer", chunked + "0\r\nA: b\r\n c\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "a bare line feed behind a trailer", chunked + "0\r\nA: b\nC: d\r\n\r\n", 400, "malformed_request",
            nginx: 200),
        RawRequest("NUL in a trailer", chunked + "0\r\nA: b\0\r\n\r\n", 400, "malformed_request", nginx: 200),
        RawRequest(
            "trailers of 9,000 bytes", chunked + "0\r\nA: " + String(repeating: "x", count: 9000) + "\r\n\r\n", 431,
            "trailers_too_large", nginx: 200),
        RawRequest(
            "forty trailers", chunked + "0\r\n" + String(repeating: "A: b\r\n", count: 40) + "\r\n", 431,
            "trailers_too_large", nginx: 200),
    ]
}

extension RawRequest {
    private static let bodies: [RawRequest] = [
        RawRequest("GET with a body", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na", 200, nginx: 200),
        RawRequest(
            "HEAD with a body",
            "HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 33\r\n\r\nGET /hidden HTTP/1.1\r\nHost: h\r\n\r\n", 400,
            "unexpected_body", nginx: 200),
        RawRequest(
            "HEAD with chunks", "HEAD / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
            "unexpected_body", nginx: 200),
        RawRequest("POST without a length", post + "\r\n", 200, nginx: 200),
        RawRequest(
            "an unknown expectation", post + "Content-Length: 1\r\nExpect: magic\r\n\r\n", 417, "unknown_expectation",
            nginx: nil),
    ]
}

extension RawRequest {
    private static let sizes: [RawRequest] = [
        RawRequest(
            "a target of 9,000 bytes", "GET /" + String(repeating: "x", count: 9000) + " HTTP/1.1\r\nHost: h\r\n\r\n",
            414, "target_too_long", nginx: 414),
        RawRequest(
            "a field of 40,000 bytes",
            get + "A: " + String(repeating: "x", count: 9000) + "" + String(repeating: "x", count: 9000) + ""
                + String(repeating: "x", count: 9000) + "" + String(repeating: "x", count: 9000)
                + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n\r\n",
            431, "head_too_large", nginx: 400),
        RawRequest(
            "a name of 40,000 bytes",
            get + "" + String(repeating: "x", count: 9000) + "" + String(repeating: "x", count: 9000) + ""
                + String(repeating: "x", count: 9000) + "" + String(repeating: "x", count: 9000)
                + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: a\r\n\r\n",
            431, "head_too_large", nginx: 400),
        RawRequest(
            "two hundred fields", get + "" + String(repeating: "A: b\r\n", count: 200) + "\r\n", 431, "too_many_fields",
            nginx: 200),
        RawRequest(
            "a method of 9,000 bytes", "" + String(repeating: "G", count: 9000) + " / HTTP/1.1\r\nHost: h\r\n\r\n", 414,
            "target_too_long", nginx: 414),
    ]
}
