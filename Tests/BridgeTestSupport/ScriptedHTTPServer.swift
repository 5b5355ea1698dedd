package import EventLoop
import HTTPServer
package import HTTPTypes
import Synchronization
import Telemetry

/// An HTTP server on loopback that answers as it was told and remembers what it was asked.
package final class ScriptedHTTPServer: Sendable {
    package typealias Answer = @Sendable (HTTPRequest) -> HTTPResponse

    private struct State {
        var requests: [HTTPRequest] = []
        var answers: [Answer] = []
    }

    private final class Script: Sendable { let state = Mutex(State()) }

    private let script = Script()
    private let server: HTTPServer
    private let task: Task<Void, any Error>

    /// - Parameter otherwise: Answers when nothing is scripted.
    package init(
        group: EventLoopGroup, otherwise: @escaping Answer = { _ in HTTPResponse(status: 204) }
    ) throws {
        let script = script
        let server = HTTPServer(
            HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), group: group, logger: .silent,
            metrics: Metrics()
        ) { request in
            let answer = script.state.withLock { state in
                state.requests.append(request)
                return state.answers.isEmpty ? otherwise : state.answers.removeFirst()
            }
            return answer(request)
        }
        try server.start()
        self.server = server
        // Ended by `stop`.
        task = Task { try await server.run() }
    }

    package var url: String { "http://\(server.address)" }
    package var requests: [HTTPRequest] { script.state.withLock { $0.requests } }

    /// Answers the next requests so, one each.
    package func answer(_ answers: Answer...) { script.state.withLock { $0.answers += answers } }

    package func stop() async {
        server.shutdown()
        _ = try? await task.value
    }
}
