import HTTPServer
import Lifecycle

/// The HTTP server as the last service: ready when its address is bound.
final class Listening: Service {
    let name = "http"
    /// Requests in progress get the server's own time to end.
    let endLimit = Duration.seconds(8)
    private let server: HTTPServer
    private let bound = Latch()

    init(_ server: HTTPServer) { self.server = server }

    func run() async throws {
        try server.start()
        bound.open()
        try await server.run()
    }

    func waitUntilReady() async throws { await bound.wait() }

    func shutdown() { server.shutdown() }
}
