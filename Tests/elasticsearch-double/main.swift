import ElasticsearchDouble
import EventLoop
import HTTPServer
import Telemetry

// Serves a double of Elasticsearch until it is stopped: `swift run elasticsearch-double [host:port]`.
// What is indexed is lost with the process.
let argument = CommandLine.arguments.dropFirst().first ?? "127.0.0.1:9200"
guard let address = SocketAddress(argument) else { fatalError("expected host:port, got \(argument)") }
let double = ElasticsearchDouble()
let server = HTTPServer(
    HTTPServerConfiguration(address: address), group: EventLoopGroup(count: 1), logger: .silent, metrics: Metrics()
) { double.answer($0) }
try server.start()
print("A double of Elasticsearch listens on http://\(server.address)")
try await server.run()
