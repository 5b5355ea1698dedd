package import EventLoop

/// What a handler answers.
package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Sent in chunks as they come; the server reads no faster than the client takes them.
        case stream(AsyncStream<[UInt8]>)
        /// The connection leaves HTTP after the head (status 101) and is handed over, on its loop.
        case upgrade(@Sendable (StreamConnection) -> Void)
    }

    package var status: Int
    package var headers: HTTPHeaders
    package var body: Body

    package init(status: Int = 200, headers: HTTPHeaders = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package init(
        status: Int = 200, headers: HTTPHeaders = [:], text: String, type: String = "text/plain; charset=utf-8"
    ) {
        self.init(status: status, headers: headers, body: .bytes(Array(text.utf8)))
        if self.headers["Content-Type"] == nil { self.headers["Content-Type"] = type }
    }
}
