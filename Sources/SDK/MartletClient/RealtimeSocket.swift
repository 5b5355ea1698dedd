import Crypto
import EventLoop
import Foundation
import HTTPTypes
import Synchronization
import Telemetry
import WebSocket

/// A started connection to `/v1/ws` that only writes, on the client's loop; the answers are for its owner to read.
package final class RealtimeSocket: Sendable {
    private let socket: WebSocketConnection

    private init(_ socket: WebSocketConnection) { self.socket = socket }

    /// Opens a connection and starts it; returns when the server is ready for commands.
    ///
    /// - Parameters:
    ///   - onFrame: Gets each later frame, on the loop.
    ///   - onClose: Called once at the end, on the loop, with what was the reason; not when this function throws.
    /// - Throws: ``MartletClientError``.
    package static func open(
        _ client: MartletClient, onFrame: @escaping @Sendable (String) -> Void,
        onClose: @escaping @Sendable (String) -> Void
    ) async throws -> RealtimeSocket {
        let token = try await client.accessToken()
        var limits = WebSocketLimits()
        // The owner bounds what it sends unacknowledged; this is the bound behind it.
        limits.maximumUnsentBytes = 32 << 20
        let socket: WebSocketConnection
        do {
            let address = client.unixSocket.map { SocketAddress.unix(path: $0) }
            var makeTLS: (@Sendable (String) -> OpaquePointer?)?
            if let file = client.caFile {
                let trust = try TLSClientContext(caFile: file)
                makeTLS = { trust.makeSession(hostName: $0) }
            }
            socket = try await WebSocketConnection.connect(
                url: "ws" + client.baseURL.dropFirst(4) + "/v1/ws", headers: ["Authorization": "Bearer \(token)"],
                via: address, on: client.loop, limits: limits, makeTLS: makeTLS)
        } catch let error as WebSocketError {
            let status: Int? = if case .refused(let status) = error.code { status } else { nil }
            throw MartletClientError(
                code: status == 401 ? "bad_token" : "unreachable", status: status == 101 ? nil : status,
                detail: error.message)
        } catch {
            throw MartletClientError(code: "unreachable", detail: ErrorText.of(error))
        }
        let opening = Opening(onFrame: onFrame, onClose: onClose)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                client.loop.execute { opening.begin(socket, continuation) }
            }
        } onCancel: {
            socket.close()
        }
        return RealtimeSocket(socket)
    }

    /// Writes frames, in order; those of one call leave together.
    package func send(_ frames: [String]) {
        let socket = socket
        socket.loop.execute {
            for frame in frames { socket.send(text: frame) }
        }
    }

    package func close() { socket.close() }
}

/// Waits for `ready`, then hands the frames on.
private final class Opening: @unchecked Sendable {
    private let onFrame: @Sendable (String) -> Void
    private let onClose: @Sendable (String) -> Void
    // Touched on the loop only.
    private var continuation: CheckedContinuation<Void, any Error>?

    init(onFrame: @escaping @Sendable (String) -> Void, onClose: @escaping @Sendable (String) -> Void) {
        self.onFrame = onFrame
        self.onClose = onClose
    }

    func begin(_ socket: WebSocketConnection, _ continuation: CheckedContinuation<Void, any Error>) {
        self.continuation = continuation
        let timer = socket.loop.schedule(after: .seconds(15)) { [self] in
            fail(MartletClientError(code: "unreachable", detail: "The server did not become ready in time."))
            socket.close()
        }
        socket.start(
            onText: { text in
                guard self.continuation != nil else { return self.onFrame(text) }
                if text.hasPrefix(#"{"op":"ready""#) {
                    timer.cancel()
                    self.continuation?.resume()
                    self.continuation = nil
                } else if text.hasPrefix(#"{"op":"error""#) {
                    self.fail(Self.error(text))
                    socket.close()
                }
            }, onBinary: { _ in },
            onClose: { close in
                timer.cancel()
                let detail = "The connection was closed: \(close)."
                if self.continuation != nil {
                    self.fail(MartletClientError(code: "unreachable", detail: detail))
                } else {
                    self.onClose(detail)
                }
            })
        socket.send(text: #"{"op":"start","events":false}"#)
    }

    private func fail(_ error: MartletClientError) {
        continuation?.resume(throwing: error)
        continuation = nil
    }

    private static func error(_ text: String) -> MartletClientError {
        RealtimeProblem(text)?.error ?? MartletClientError(code: "bad_answer", detail: "The server refused the start.")
    }
}

/// An `error` frame.
package struct RealtimeProblem: Sendable {
    /// The command that is meant; nil when the server could not read it.
    package let id: String?
    package let error: MartletClientError

    /// - Returns: nil when `text` is no such frame.
    package init?(_ text: String) {
        struct Frame: Decodable {
            struct Problem: Decodable {
                var status: Int
                var code: String
                var detail: String
                var pointer: String?
            }
            var id: String?
            var problem: Problem
        }
        guard let frame = try? JSONDecoder().decode(Frame.self, from: Data(text.utf8)) else { return nil }
        id = frame.id
        let place = frame.problem.pointer.map { " (\($0))" } ?? ""
        error = MartletClientError(
            code: frame.problem.code, status: frame.problem.status, detail: frame.problem.detail + place)
    }
}
