import EventLoop
import Foundation
import HTTPClient
import HTTPTypes
import Telemetry

/// The few requests that a measurement needs.
enum HTTP {
    private static let client = HTTPClient(
        loop: EventLoop(name: "bench-http"), configuration: configuration, logger: .silent)

    /// The server under measurement is on this machine.
    private static var configuration: HTTPClientConfiguration {
        var configuration = HTTPClientConfiguration()
        configuration.addressPolicy = .any
        return configuration
    }

    static func get(_ url: String, token: String? = nil) async throws -> (status: Int, body: Data) {
        try await send(.get, url, token: token, body: nil)
    }

    static func post(_ url: String, token: String? = nil, _ body: [String: Any]) async throws -> [String: Any] {
        let answer = try await send(
            .post, url, token: token, body: try JSONSerialization.data(withJSONObject: body))
        guard (200..<300).contains(answer.status),
            let object = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
        else { throw BenchError("\(url) answered \(answer.status): \(String(decoding: answer.body, as: UTF8.self))") }
        return object
    }

    private static func send(
        _ method: HTTPMethod, _ url: String, token: String?, body: Data?
    ) async throws -> (status: Int, body: Data) {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        if let token { headers["Authorization"] = "Bearer \(token)" }
        let response = try await client.send(
            HTTPClientRequest(method: method, url: url, headers: headers, body: body.map { Array($0) } ?? []))
        return (response.status, Data(response.body))
    }
}
