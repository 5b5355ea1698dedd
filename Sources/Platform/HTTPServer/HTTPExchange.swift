internal import CEventHTTP
internal import EventLoop
internal import HTTPTypes

/// One request and its answer; touched on its loop only.
final class HTTPExchange: @unchecked Sendable {
    /// Bodies from this size on are lent to libevent, smaller ones copied.
    private static let lendingSize = 16 * 1024
    /// A stream waits while more than this is unsent.
    private static let streamWindow = 256 * 1024

    let began = ContinuousClock.now
    /// libevent's request: nil once it has been answered or freed.
    private var request: UnsafeMutablePointer<evhttp_request>?
    private let connection: HTTPConnection
    private let server: LoopServer
    private var task: Task<Void, Never>?
    private var method: HTTPMethod?
    private var acceptEncoding: String?
    private(set) var isCancelled = false

    init(request: UnsafeMutablePointer<evhttp_request>, connection: HTTPConnection, server: LoopServer) {
        self.request = request
        self.connection = connection
        self.server = server
        // The connection outlives its requests.
        evhttp_request_set_on_complete_cb(
            request, answerCompleted, Unmanaged.passUnretained(connection).toOpaque())
    }

    // MARK: Handler

    /// Starts the handler's task; the server counts it until it has ended.
    func handle(_ request: HTTPRequest) {
        method = request.method
        acceptEncoding = request.headers["Accept-Encoding"]
        server.taskBegan()
        let handler = server.context.handler
        task = Task(executorPreference: server.loop) {
            let response = await handler(request)
            await self.answer(response)
            self.server.taskEnded()
        }
    }

    func refuse(_ refusal: RequestRefusal) { send(refusal.response, isLast: true) }

    /// Cancels the handler; a client that is still there gets a 503.
    func expire(isPeerGone: Bool) {
        isCancelled = true
        task?.cancel()
        guard !isPeerGone else { return }
        let response = HTTPResponse(
            problem: "request_timeout", status: 503, detail: "The request took longer than the server allows.")
        send(response, isLast: true)
    }

    /// libevent is about to free the connection.
    func connectionClosed() {
        isCancelled = true
        task?.cancel()
        // A request that is cut off from its connection is ours to free; otherwise it goes with the connection.
        if let request, evhttp_request_get_connection(request) == nil { evhttp_request_free(request) }
        request = nil
    }

    // MARK: Answer

    private func answer(_ response: HTTPResponse) async {
        server.loop.preconditionInLoop()
        switch response.body {
        case .bytes: send(response, isLast: false)
        case .stream(let pieces): await stream(response, pieces)
        case .upgrade(let adopt): upgrade(response, adopt)
        }
    }

    private func send(_ response: HTTPResponse, isLast: Bool) {
        guard let request, case .bytes(var body) = response.body else { return }
        var headers = response.headers
        let hasBody = response.status >= 200 && response.status != 204 && response.status != 304
        if hasBody {
            compress(&body, &headers)
            // A handler may know the length of what it does not send.
            let length = method == .head && body.isEmpty ? headers["Content-Length"] : nil
            headers["Content-Length"] = length ?? String(body.count)
        }
        begin(request, headers, isLast: isLast)
        self.request = nil
        record(response.status)
        if hasBody, method != .head, !body.isEmpty {
            fill(server.scratch, body)
            if body.count > 65536 { connection.setReadTimeout(isOn: false) }
        }
        evhttp_send_reply(request, Int32(response.status), HTTPStatus.reason(response.status), server.scratch)
        connection.flushAtEndOfTurn()
    }

    private func stream(_ response: HTTPResponse, _ pieces: AsyncStream<[UInt8]>) async {
        guard let request else { return }
        var headers = response.headers
        headers["Content-Length"] = nil
        headers["Transfer-Encoding"] = nil
        // HTTP/1.0 knows no chunks: the end of the connection ends the body.
        begin(request, headers, isLast: request.pointee.minor == 0)
        record(response.status)
        connection.setReadTimeout(isOn: false)
        evhttp_send_reply_start(request, Int32(response.status), HTTPStatus.reason(response.status))
        if method != .head {
            for await piece in pieces where !piece.isEmpty {
                guard let request = self.request else { return }
                fill(server.scratch, piece)
                evhttp_send_reply_chunk_with_cb(
                    request, server.scratch, chunkSent, Unmanaged.passUnretained(connection).toOpaque())
                if connection.unsentBytes > Self.streamWindow { await connection.waitUntilDrained() }
            }
        }
        guard let request = self.request else { return }
        self.request = nil
        evhttp_send_reply_end(request)
    }

    private func upgrade(_ response: HTTPResponse, _ adopt: @escaping @Sendable (StreamConnection) -> Void) {
        guard request != nil else { return }
        request = nil
        record(response.status)
        var head = "HTTP/1.1 \(response.status) \(HTTPStatus.reason(response.status))\r\n"
        for field in response.headers.fields where Self.isSafe(field) { head += "\(field.name): \(field.value)\r\n" }
        connection.handOver { [head] stream in
            stream.write(head + "\r\n")
            adopt(stream)
        }
    }

    private func begin(
        _ request: UnsafeMutablePointer<evhttp_request>, _ headers: HTTPHeaders, isLast: Bool
    ) {
        connection.beganSending(isLast: isLast)
        let output = evhttp_request_get_output_headers(request)
        var saysClose = false
        for field in headers.fields where Self.isSafe(field) {
            if field.name.isEqualIgnoringCase(to: "Connection") { saysClose = true }
            evhttp_add_header(output, field.name, field.value)
        }
        if !saysClose, isLast || server.isDraining { evhttp_add_header(output, "Connection", "close") }
    }

    /// Whether a field can go out as it is: line ends in it would begin a field, or an answer, of somebody's choice.
    private static func isSafe(_ field: HTTPHeaders.Field) -> Bool {
        RequestReader.isToken(field.name.utf8) && RequestReader.isFieldValue(field.value.utf8)
    }

    private func compress(_ body: inout [UInt8], _ headers: inout HTTPHeaders) {
        guard GzipCompressor.isWorthwhile(count: body.count, headers: headers) else { return }
        headers["Vary"] = headers["Vary"].map { $0 + ", Accept-Encoding" } ?? "Accept-Encoding"
        guard let acceptEncoding, GzipCompressor.isAccepted(acceptEncoding),
            let compressed = server.compressor.compress(body)
        else { return }
        body = compressed
        headers["Content-Encoding"] = "gzip"
    }

    private func fill(_ buffer: OpaquePointer?, _ bytes: [UInt8]) {
        if bytes.count < Self.lendingSize {
            evbuffer_add(buffer, bytes, bytes.count)
        } else {
            LentBytes.append(bytes, to: buffer)
        }
    }

    private func record(_ status: Int) {
        server.context.answered(status: status, after: ContinuousClock.now - began)
    }
}

/// Keeps an array alive while libevent holds a reference to its storage.
private final class LentBytes {
    private let bytes: [UInt8]

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func append(_ bytes: [UInt8], to buffer: OpaquePointer?) {
        let owner = LentBytes(bytes)
        let context = Unmanaged.passRetained(owner).toOpaque()
        owner.bytes.withUnsafeBytes { raw in
            if evbuffer_add_reference(buffer, raw.baseAddress, raw.count, lentBytesSent, context) != 0 {
                Unmanaged<LentBytes>.fromOpaque(context).release()
            }
        }
    }
}

private func lentBytesSent(_: UnsafeRawPointer?, _: Int, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<LentBytes>.fromOpaque(context).release()
}

private func answerCompleted(_: UnsafeMutablePointer<evhttp_request>?, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    let connection = Unmanaged<HTTPConnection>.fromOpaque(context).takeUnretainedValue()
    connection.completed()
}

private func chunkSent(_: OpaquePointer?, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<HTTPConnection>.fromOpaque(context).takeUnretainedValue().resumeDrainWaiter()
}
