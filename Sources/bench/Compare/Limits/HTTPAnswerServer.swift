import EventLoop
import Foundation
import HTTPServer
import HTTPTypes
import Telemetry

/// The limit of a send over HTTP: Martlet's own HTTP server with nothing behind it.
///
/// Run as a process of its own.
enum HTTPAnswerServer {
    /// Serves until the process ends.
    static func run(port: UInt16) async throws {
        let server = HTTPServer(
            HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: port)),
            group: EventLoopGroup(name: "http"), logger: .silent, metrics: Metrics()
        ) { _ in HTTPResponse(status: 201, text: #"{"id":1,"seq":1}"#) }
        try server.start()
        defer { server.shutdown() }
        FileHandle.standardOutput.write(Data("READY\n".utf8))
        while true { try await Task.sleep(for: .seconds(3600)) }
    }
}
