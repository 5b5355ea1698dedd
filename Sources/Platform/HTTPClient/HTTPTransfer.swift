internal import CCurl
import HTTPTypes

/// One request on its way: fills a libcurl handle and collects the answer.
///
/// Touched on the client's loop only.
final class HTTPTransfer {
    /// What the heads of an answer may take, those of redirects included.
    private static let maximumHeadBytes = 256 << 10

    let handle: EasyHandle
    private let socketGuard: SocketGuard
    private let maximumBodyBytes: Int
    private var headers = HTTPHeaders()
    private var body: [UInt8] = []
    private var headBytes = 0
    private var isTooLarge = false

    /// - Throws: When the request cannot be sent as it is.
    init(_ request: HTTPClientRequest, _ configuration: HTTPClientConfiguration) throws(HTTPClientError) {
        let lines = try Self.headerLines(request)
        try Self.check(url: request.url)
        handle = try EasyHandle()
        socketGuard = SocketGuard(
            policy: configuration.addressPolicy, allowsUnixSocket: request.unixSocket != nil)
        maximumBodyBytes = request.maximumResponseBytes
        try socketGuard.install(on: handle)
        let context = Unmanaged.passUnretained(self).toOpaque()
        try handle.set(CURLOPT_PRIVATE, pointer: context)
        try handle.set(CURLOPT_WRITEDATA, pointer: context)
        try handle.check(martlet_curl_set_bytes(handle.raw, CURLOPT_WRITEFUNCTION, bodyReceived))
        try handle.set(CURLOPT_HEADERDATA, pointer: context)
        try handle.check(martlet_curl_set_bytes(handle.raw, CURLOPT_HEADERFUNCTION, headerReceived))
        try handle.set(CURLOPT_URL, request.url)
        try handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        try handle.set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        try handle.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        try handle.set(CURLOPT_ACCEPT_ENCODING, "gzip")
        try handle.set(CURLOPT_USERAGENT, configuration.userAgent)
        try handle.set(CURLOPT_TIMEOUT_MS, request.timeout)
        try handle.set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout)
        try handle.set(CURLOPT_FOLLOWLOCATION, request.followsRedirects > 0 ? 1 : 0)
        try handle.set(CURLOPT_MAXREDIRS, min(max(0, request.followsRedirects), 20))
        try handle.set(CURLOPT_HTTPHEADER, lines)
        if let path = request.unixSocket { try handle.set(CURLOPT_UNIX_SOCKET_PATH, path) }
        if let file = configuration.trustedCertificates { try handle.set(CURLOPT_CAINFO, file) }
        try setMethod(request)
    }

    /// Makes the response of what was collected.
    func finish(_ code: CURLcode) -> Result<HTTPClientResponse, HTTPClientError> {
        if isTooLarge {
            return .failure(HTTPClientError(.tooLarge, "the answer is longer than \(maximumBodyBytes) bytes"))
        }
        guard code == CURLE_OK else { return .failure(socketGuard.error(code) ?? handle.error(code)) }
        let version =
            switch martlet_curl_get_long(handle.raw, CURLINFO_HTTP_VERSION) {
            case Int(CURL_HTTP_VERSION_1_0): "1.0"
            case Int(CURL_HTTP_VERSION_2_0): "2"
            default: "1.1"
            }
        let status = martlet_curl_get_long(handle.raw, CURLINFO_RESPONSE_CODE)
        return .success(HTTPClientResponse(status: status, headers: headers, body: body, httpVersion: version))
    }

    // MARK: Request

    private func setMethod(_ request: HTTPClientRequest) throws(HTTPClientError) {
        if request.method == .head {
            try handle.set(CURLOPT_NOBODY, 1)
            return
        }
        if !request.body.isEmpty || [.post, .put, .patch].contains(request.method) {
            try handle.set(CURLOPT_POSTFIELDSIZE_LARGE, offset: request.body.count)
            // Copied, because a redirect may need it once more.
            let code = request.body.withUnsafeBytes { raw in
                martlet_curl_set_pointer(
                    handle.raw, CURLOPT_COPYPOSTFIELDS, raw.baseAddress ?? UnsafeRawPointer(emptyBody.utf8Start))
            }
            try handle.check(code)
            // Without a custom name, POST turns into GET where a redirect says so (RFC 9110, section 15.4.4).
            if request.method != .post { try handle.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
        } else if request.method != .get {
            try handle.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
    }

    private static func check(url: String) throws(HTTPClientError) {
        let scheme = url.prefix(8).lowercased()
        guard scheme.hasPrefix("http://") || scheme.hasPrefix("https://"), url.utf8.count <= 65_536,
            url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { throw HTTPClientError(.invalidURL, "the URL is no absolute http or https URL") }
    }

    private static func headerLines(_ request: HTTPClientRequest) throws(HTTPClientError) -> [String] {
        // An empty name keeps curl from adding its own.
        var lines = ["Expect:"]
        if request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
        for field in request.headers.fields {
            guard !field.name.isEmpty, field.name.utf8.allSatisfy(isTokenByte) else {
                throw HTTPClientError(.invalidHeader, "a header name holds characters that are not allowed")
            }
            guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw HTTPClientError(.invalidHeader, "the header \(field.name) holds control characters")
            }
            guard !["content-length", "transfer-encoding"].contains(field.name.lowercased()) else {
                throw HTTPClientError(.invalidHeader, "\(field.name) follows from the body and cannot be given")
            }
            // By curl's rules a semicolon stands for an empty value; a colon alone would drop the field.
            let isEmpty = field.value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            lines.append(isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        return lines
    }

    /// RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    // MARK: Response

    fileprivate func received(body bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= maximumBodyBytes else {
            isTooLarge = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    fileprivate func received(header bytes: UnsafeRawBufferPointer) -> Bool {
        headBytes += bytes.count
        guard headBytes <= Self.maximumHeadBytes else {
            isTooLarge = true
            return false
        }
        if bytes.starts(with: "HTTP/".utf8) {
            // An interim answer or a redirect came before: what counts is the last.
            headers = HTTPHeaders()
        } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: bytes[..<colon], as: UTF8.self)
            let isSpace = { (byte: UInt8) in [0x20, 0x09, 0x0D, 0x0A].contains(byte) }
            var value = bytes[(colon + 1)...].drop(while: isSpace)
            while let last = value.last, isSpace(last) { value.removeLast() }
            headers.add(name, String(decoding: value, as: UTF8.self))
        }
        return true
    }
}

/// Stands for a body of no bytes, for which a null pointer would mean that the body is read by callback.
private let emptyBody: StaticString = ""

private func bodyReceived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let raw = UnsafeRawBufferPointer(start: bytes, count: size * count)
    let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
    // Another number than was given ends the transfer; for an empty piece -1 serves as such.
    return transfer.received(body: raw) ? raw.count : Int(bitPattern: UInt.max)
}

private func headerReceived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let raw = UnsafeRawBufferPointer(start: bytes, count: size * count)
    let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.received(header: raw) ? raw.count : Int(bitPattern: UInt.max)
}
