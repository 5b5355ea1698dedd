import Foundation
import HTTPRouting
import HTTPTypes
import Synchronization
import Telemetry

/// Who the tests' requests come from.
struct Visitor: Sendable, Equatable {
    var name: String
}

/// Keeps records for a test to look at.
final class RecordingLogSink: LogSink {
    private let kept = Mutex<[LogRecord]>([])
    var records: [LogRecord] { kept.withLock { $0 } }
    func write(_ record: LogRecord) { kept.withLock { $0.append(record) } }
}

/// A router with its metrics and its log, and ways to ask it.
struct RouterFixture {
    let metrics = Metrics()
    let sink = RecordingLogSink()
    let router: Router<Visitor>

    /// Accepts the token `good`, refuses every other.
    init(_ routes: [Route<Visitor>], admit: Router<Visitor>.Admit? = nil, cors: CORSPolicy = .none) {
        router = Router(
            routes: routes,
            authenticate: { request in
                guard let header = request.headers["Authorization"] else { return nil }
                guard header == "Bearer good" else { throw Problem.unauthorized(code: "bad_token") }
                return Visitor(name: "ada")
            }, admit: admit, cors: cors, metrics: metrics, logger: Logger(service: "test", sink: sink))
    }

    func send(
        _ method: HTTPMethod, _ path: String, query: String = "", headers: HTTPHeaders = [:], body: String = ""
    ) async -> Answer {
        var headers = headers
        if headers["Authorization"] == nil { headers["Authorization"] = "Bearer good" }
        let request = HTTPRequest(
            method: method, path: path, query: query, headers: headers, body: Array(body.utf8))
        return Answer(await router.handle(request))
    }

    /// An answer taken apart.
    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let text: String

        init(_ response: HTTPResponse) {
            status = response.status
            headers = response.headers
            text = if case .bytes(let bytes) = response.body { String(decoding: bytes, as: UTF8.self) } else { "?" }
        }

        subscript(member: String) -> String? {
            let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            return object?[member] as? String
        }
    }
}
