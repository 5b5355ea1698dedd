import EventLoop
import HTTPServer
import HTTPTypes
import Lifecycle
import Synchronization
import Telemetry
import Testing

@testable import MartletBot

@Suite(.timeLimit(.minutes(1)))
struct ServerTransportTests {
    /// The server answers none before the last has come.
    @Test(arguments: [1, 24]) func `as many handlers as may run speak with the server at once`(count: Int) async throws
    {
        let arrived = Atomic<Int>(0)
        let all = Latch()
        let group = EventLoopGroup(count: 1)
        let server = HTTPServer(
            HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), group: group, logger: .silent,
            metrics: Metrics()
        ) { _ in
            if arrived.add(1, ordering: .relaxed).newValue == count { all.open() }
            await all.wait()
            return HTTPResponse(text: "{}")
        }
        try server.start()
        let running = Task { try await server.run() }
        let transport = ServerTransport(
            address: try ServerAddress("http://\(server.address)"), token: "t", loop: group.next(), logger: .silent,
            concurrency: count)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for _ in 0..<count { tasks.addTask { try await transport.exchange(APIRequest("GET", "/")).status } }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 200, count: count))
        transport.close()
        server.shutdown()
        try await running.value
    }
}
