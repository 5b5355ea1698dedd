internal import Compression
internal import EventLoop
internal import HTTPTypes

/// One request and its answer; touched on its loop only.
final class HTTPExchange: @unchecked Sendable {
    /// Bodies from this size on are lent to the connection, smaller ones copied behind the head.
    private static let lendingSize = 16 * 1024
    /// A stream waits while more than this is unsent.
    private static let streamWindow = 256 * 1024
    /// What is set aside for a body whose length is told, before any of it has come.
    private static let firstCapacity = 256 * 1024

    private enum Body {
        case complete
        case collecting(HTTPRequest, [UInt8])
        case streaming(HTTPRequestBody)
    }

    /// When the whole request was there; for a streamed one, its head.
    private(set) var began = ContinuousClock.now
    private let connection: HTTPConnection
    private let server: LoopServer
    private let method: HTTPMethod
    private let acceptEncoding: String?
    private let keepsAlive: Bool
    private let isOld: Bool
    private var body = Body.complete
    private var task: Task<Void, Never>?
    private var isAnswered = false
    /// The client has gone or was answered for: whatever the handler says is dropped.
    private(set) var isCancelled = false

    init(_ head: RequestHead, connection: HTTPConnection, server: LoopServer) {
        self.connection = connection
        self.server = server
        method = head.request.method
        acceptEncoding = head.request.headers["Accept-Encoding"]
        keepsAlive = head.keepsAlive
        isOld = head.isOld
    }

    var isBodyComplete: Bool { if case .complete = body { true } else { false } }
    /// Whether the handler works and nothing of its answer has left.
    var isHandling: Bool { task != nil && !isAnswered }

    // MARK: Request

    /// Waits for the body before the handler starts.
    func collect(_ request: HTTPRequest, length: Int?) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(length ?? 0, Self.firstCapacity))
        body = .collecting(request, bytes)
    }

    /// Starts the handler, which reads the body as it comes.
    func stream(_ request: HTTPRequest, _ stream: HTTPRequestBody) {
        body = .streaming(stream)
        var request = request
        request.stream = stream
        handle(request)
    }

    /// - Returns: Whether more may follow now.
    func bodyArrived(_ piece: UnsafeRawBufferPointer) -> Bool {
        switch body {
        case .complete: return true
        case .collecting(let request, var bytes):
            // Held in one place only, so that it grows where it is.
            body = .complete
            bytes.append(contentsOf: piece)
            body = .collecting(request, bytes)
            return true
        case .streaming(let stream): return stream.append(piece)
        }
    }

    func bodyEnded(_ trailers: HTTPHeaders) {
        let body = body
        self.body = .complete
        began = .now
        switch body {
        case .complete: break
        case .collecting(var request, let bytes):
            request.body = bytes
            request.trailers = trailers
            handle(request)
        case .streaming(let stream): stream.finish(.success(trailers))
        }
    }

    /// Starts the handler's task; the server counts it until it has ended.
    func handle(_ request: HTTPRequest) {
        server.taskBegan()
        let handler = server.context.handler
        task = Task(executorPreference: server.loop) {
            let response = await handler(request)
            await self.answer(response)
            self.server.taskEnded()
        }
    }

    // MARK: Ends before the answer

    /// Answers in the handler's place, and ends the connection.
    func refuse(_ response: HTTPResponse, bodyError: HTTPBodyError = .malformed) {
        task?.cancel()
        if case .streaming(let stream) = body { stream.finish(.failure(bodyError)) }
        guard !isCancelled else { return }
        // Half an answer cannot be taken back.
        if isAnswered { return connection.abort() }
        send(response, isLast: true)
        isCancelled = true
    }

    /// Cancels the handler; a client that is still there gets a 503.
    func expire() {
        refuse(
            HTTPResponse(
                problem: "request_timeout", status: 503, detail: "The request took longer than the server allows."))
    }

    func connectionClosed() {
        isCancelled = true
        task?.cancel()
        if case .streaming(let stream) = body { stream.finish(.failure(.disconnected)) }
    }

    // MARK: Answer

    private func answer(_ response: HTTPResponse) async {
        server.loop.preconditionInLoop()
        guard !isCancelled else { return }
        switch response.body {
        case .bytes: send(response, isLast: false)
        case .stream(let pieces): await stream(response, pieces)
        case .upgrade(let adopt): upgrade(response, adopt)
        }
    }

    private func send(_ response: HTTPResponse, isLast: Bool) {
        guard case .bytes(var body) = response.body else { return }
        isAnswered = true
        var headers = response.headers
        let length: ResponseHead.Length
        if Self.hasBody(response.status) {
            compress(&body, &headers)
            // A handler may know the length of what it does not send.
            let isStated = method == .head && body.isEmpty && headers["Content-Length"] != nil
            length = isStated ? .stated : .bytes(body.count)
        } else {
            length = response.status == 304 && headers["Content-Length"] != nil ? .stated : .none
            body = []
        }
        if method == .head { body = [] }
        let ends = endsConnection(headers, isLast)
        let isLent = body.count >= Self.lendingSize
        var head = server.head.write(
            response.status, headers, length: length, connection: connectionField(headers, ends),
            room: isLent ? 0 : body.count)
        if !isLent { head.append(contentsOf: body) }
        connection.stream.write(SharedBytes(head))
        if isLent { connection.stream.write(SharedBytes(body)) }
        record(response.status)
        connection.answered(self, isLast: ends)
    }

    private func stream(_ response: HTTPResponse, _ pieces: AsyncStream<[UInt8]>) async {
        isAnswered = true
        let hasBody = Self.hasBody(response.status)
        let stated = hasBody ? response.headers["Content-Length"].flatMap { Int($0) } : nil
        let length: ResponseHead.Length =
            !hasBody ? .none : stated != nil ? .stated : isOld ? .close : .chunked
        var ends = endsConnection(response.headers, false)
        if case .close = length { ends = true }
        connection.stream.write(
            SharedBytes(
                server.head.write(
                    response.status, response.headers, length: length,
                    connection: connectionField(response.headers, ends))))
        record(response.status)
        if hasBody, method != .head {
            var left = stated ?? .max
            for await piece in pieces where !piece.isEmpty {
                guard !isCancelled else { return }
                guard piece.count <= left else { return connection.abort() }
                if stated != nil { left -= piece.count }
                write(piece, isChunk: stated == nil && !isOld)
                if connection.stream.unsentBytes > Self.streamWindow { await connection.waitUntilDrained() }
            }
            guard !isCancelled else { return }
            // An answer that is shorter than it was said to be must not look whole.
            if stated != nil, left > 0 { return connection.abort() }
            if stated == nil, !isOld { connection.stream.write("0\r\n\r\n") }
        }
        connection.answered(self, isLast: ends)
    }

    private func write(_ piece: [UInt8], isChunk: Bool) {
        let stream = connection.stream
        guard isChunk else { return stream.write(SharedBytes(piece)) }
        let size = String(piece.count, radix: 16)
        guard piece.count >= Self.lendingSize else {
            var chunk = Array(size.utf8)
            chunk.reserveCapacity(piece.count + 12)
            ResponseHead.append("\r\n", to: &chunk)
            chunk += piece
            ResponseHead.append("\r\n", to: &chunk)
            return stream.write(SharedBytes(chunk))
        }
        stream.write(size + "\r\n")
        stream.write(SharedBytes(piece))
        stream.write("\r\n")
    }

    private func upgrade(_ response: HTTPResponse, _ adopt: @escaping @Sendable (StreamConnection) -> Void) {
        isAnswered = true
        guard isBodyComplete else { return connection.abort() }
        connection.stream.write(
            SharedBytes(server.head.write(response.status, response.headers, length: .none, connection: nil)))
        record(response.status)
        connection.handOver(to: adopt)
    }

    /// Whether an answer with this status has a body at all.
    private static func hasBody(_ status: Int) -> Bool { status >= 200 && status != 204 && status != 304 }

    private func endsConnection(_ headers: HTTPHeaders, _ isLast: Bool) -> Bool {
        if isLast || !keepsAlive || server.isDraining || !isBodyComplete { return true }
        guard let value = headers["Connection"] else { return false }
        return value.split(separator: ",").contains {
            $0.filter { $0 != " " && $0 != "\t" }.isEqualIgnoringCase(to: "close")
        }
    }

    private func connectionField(_ headers: HTTPHeaders, _ ends: Bool) -> StaticString? {
        guard ends else { return isOld ? "keep-alive" : nil }
        if let said = headers["Connection"], said.isEqualIgnoringCase(to: "close") { return nil }
        return "close"
    }

    private func compress(_ body: inout [UInt8], _ headers: inout HTTPHeaders) {
        guard GzipEncoding.isWorthwhile(count: body.count, headers: headers) else { return }
        headers["Vary"] = headers["Vary"].map { $0 + ", Accept-Encoding" } ?? "Accept-Encoding"
        guard let acceptEncoding, GzipEncoding.isAccepted(acceptEncoding),
            let compressed = server.compressor.compress(body)
        else { return }
        body = compressed
        headers["Content-Encoding"] = "gzip"
    }

    private func record(_ status: Int) {
        server.context.answered(status: status, after: ContinuousClock.now - began)
    }
}
