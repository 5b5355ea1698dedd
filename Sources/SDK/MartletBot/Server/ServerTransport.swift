import EventLoop
import HTTPClient
import HTTPTypes
import Telemetry
import WebSocket

/// The way to a real server: REST over one pool of connections, events over a WebSocket.
final class ServerTransport: BotTransport {
    private static let maximumConnections = 64

    private let address: ServerAddress
    private let token: String
    private let loop: EventLoop
    private let client: HTTPClient

    /// - Parameter concurrency: How many handlers run at a time: one must not wait for another's answer.
    init(address: ServerAddress, token: String, loop: EventLoop, logger: Logger, concurrency: Int = 16) {
        self.address = address
        self.token = token
        self.loop = loop
        var configuration = HTTPClientConfiguration()
        // The bot's owner names the server, which often stands in the same network.
        configuration.addressPolicy = .any
        configuration.userAgent = "MartletBot"
        let connections = min(max(concurrency, configuration.maximumConnectionsPerHost), Self.maximumConnections)
        configuration.maximumConnectionsPerHost = connections
        configuration.maximumConnections = connections
        configuration.maximumIdleConnections = connections
        client = HTTPClient(loop: loop, configuration: configuration, logger: logger)
    }

    func connect() async throws -> any BotLink {
        let connection = try await WebSocketConnection.connect(
            url: address.webSocket + "/v1/bot", on: loop, limits: WebSocketLimits())
        let link = ServerLink(connection)
        loop.execute { link.start() }
        return link
    }

    func exchange(_ request: APIRequest) async throws -> APIResponse {
        guard let method = HTTPMethod(rawValue: request.method) else {
            throw BotError(.badAnswer, "\(request.method) is no method of the interface")
        }
        var headers: HTTPHeaders = ["Authorization": "Bearer \(token)", "Accept": "application/json"]
        if !request.body.isEmpty { headers["Content-Type"] = "application/json" }
        let response = try await client.send(
            HTTPClientRequest(
                method: method, url: address.http + request.path, headers: headers, body: request.body,
                maximumResponseBytes: 8 << 20))
        return APIResponse(
            status: response.status, retryAfter: APIResponse.retryAfter(response.headers["Retry-After"]),
            body: response.body)
    }

    var executor: (any TaskExecutor)? { loop }

    func close() { client.close() }
}

/// One WebSocket connection of the stream of events.
private final class ServerLink: BotLink {
    private let connection: WebSocketConnection
    private let queue = FrameQueue()

    init(_ connection: WebSocketConnection) { self.connection = connection }

    /// To be called on the loop.
    func start() {
        connection.start(
            onText: { [queue, connection] text in
                if !queue.push(text) { connection.close(code: 1008, reason: "more events than announced") }
            },
            onBinary: { [connection] _ in connection.close(code: 1003, reason: "frames are text") },
            onClose: { [queue] _ in queue.finishAfterLast() })
    }

    func next() async -> String? { await queue.next() }

    func send(_ frame: String) { connection.send(text: frame) }

    func stopReceiving() { queue.finish() }

    func close() {
        connection.close()
        queue.finishAfterLast()
    }
}

/// A server's address in its two spellings.
struct ServerAddress: Equatable {
    /// `http://host:port/path`, without a slash at the end.
    let http: String
    /// `ws://host:port/path`, without a slash at the end.
    let webSocket: String

    /// - Throws: ``BotError`` with the code `configuration` for anything but an `http` or `https` URL.
    init(_ text: String) throws {
        var url = text[...]
        while url.last == "/" { url.removeLast() }
        let lower = url.lowercased()
        let scheme = lower.hasPrefix("https://") ? "https" : lower.hasPrefix("http://") ? "http" : ""
        let rest = url.dropFirst(scheme.count + 3)
        guard !scheme.isEmpty, !rest.isEmpty, !rest.hasPrefix("/"), !rest.contains(where: { "?#@ \n".contains($0) })
        else {
            throw BotError(.configuration, "the server's address has to look like https://chat.example.org")
        }
        http = "\(scheme)://\(rest)"
        webSocket = "\(scheme == "https" ? "wss" : "ws")://\(rest)"
    }
}
