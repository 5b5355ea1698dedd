internal import CCurl

/// One libcurl transfer: owns the handle and what it points to.
///
/// Used by one thread at a time. Callbacks get their context unretained: whoever sets them keeps the context for as
/// long as the handle.
///
/// See libcurl-easy(3).
final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    private var lists: [UnsafeMutablePointer<curl_slist>] = []
    private let errorText: UnsafeMutablePointer<CChar>

    /// Creates a handle that talks to nobody but the host it is told: no proxy, no netrc, no signals.
    init() throws(HTTPClientError) {
        CurlLibrary.prepare
        guard let raw = curl_easy_init() else { throw HTTPClientError(.other, "libcurl is out of memory") }
        self.raw = raw
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try check(martlet_curl_set_pointer(raw, CURLOPT_ERRORBUFFER, errorText))
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_PROXY, "")
        try set(CURLOPT_NOPROXY, "*")
        try set(CURLOPT_NETRC, 0)
        // Without it a transfer that ends while its name is looked up waits for the look-up, and the loop with it.
        try set(CURLOPT_QUICK_EXIT, 1)
    }

    deinit {
        curl_easy_cleanup(raw)
        for list in lists { curl_slist_free_all(list) }
        errorText.deallocate()
    }

    /// What libcurl says about the last failure.
    var errorMessage: String { String(cString: errorText) }

    func set(_ option: CURLoption, _ value: Int) throws(HTTPClientError) {
        try check(martlet_curl_set_long(raw, option, value))
    }

    func set(_ option: CURLoption, _ value: String) throws(HTTPClientError) {
        try check(martlet_curl_set_string(raw, option, value))
    }

    func set(_ option: CURLoption, offset value: Int) throws(HTTPClientError) {
        try check(martlet_curl_set_offset(raw, option, curl_off_t(value)))
    }

    /// Sets an option that takes milliseconds, of which 0 would mean for ever.
    func set(_ option: CURLoption, _ duration: Duration) throws(HTTPClientError) {
        let (seconds, attoseconds) = duration.components
        let milliseconds = min(seconds, 86_400) * 1000 + attoseconds / 1_000_000_000_000_000
        try set(option, max(1, Int(milliseconds)))
    }

    func set(_ option: CURLoption, _ lines: [String]) throws(HTTPClientError) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                throw HTTPClientError(.other, "libcurl is out of memory")
            }
            list = longer
        }
        guard let list else { return }
        lists.append(list)
        try check(martlet_curl_set_pointer(raw, option, list))
    }

    func set(_ option: CURLoption, pointer: UnsafeRawPointer?) throws(HTTPClientError) {
        try check(martlet_curl_set_pointer(raw, option, pointer))
    }

    func check(_ code: CURLcode) throws(HTTPClientError) {
        guard code == CURLE_OK else {
            throw HTTPClientError(.other, "libcurl refuses a setting: \(String(cString: curl_easy_strerror(code)))")
        }
    }

    /// Translates libcurl's result.
    func error(_ code: CURLcode) -> HTTPClientError {
        var message = errorMessage
        if message.isEmpty { message = String(cString: curl_easy_strerror(code)) }
        let kind: HTTPClientError.Code =
            switch code {
            // The same code stands for an answer without a status line.
            case CURLE_UNSUPPORTED_PROTOCOL where message.contains("HTTP/0.9"): .malformedResponse
            case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT: .invalidURL
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_SEND_ERROR, CURLE_RECV_ERROR,
                CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_NO_CONNECTION_AVAILABLE:
                .connection
            case CURLE_OPERATION_TIMEDOUT: .timeout
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_CERTPROBLEM, CURLE_USE_SSL_FAILED, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_INITFAILED:
                .tls
            case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_TOO_MANY_REDIRECTS:
                .malformedResponse
            default: .other
            }
        return HTTPClientError(kind, message)
    }
}

/// Process-wide settings of libcurl, made once before the first handle.
enum CurlLibrary {
    static let prepare: Void = {
        let code = martlet_curl_prepare()
        precondition(code == CURLE_OK, "libcurl could not be started: \(code.rawValue)")
    }()
}
