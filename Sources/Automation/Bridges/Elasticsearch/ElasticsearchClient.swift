import BridgeKit
import ChatModel
import Crypto
import Foundation
import HTTPClient
import HTTPTypes
import Settings

/// Speaks to one cluster.
final class ElasticsearchClient: Sendable {
    private let url: String
    private let authorization: String?
    private let timeout: Duration
    private let client: any BridgeHTTPClient

    init(_ settings: Settings, _ context: BridgeContext) {
        let url = settings.string("url")
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        authorization = Self.authorization(settings)
        timeout = settings.duration("timeout")
        var configuration = HTTPClientConfiguration()
        // The operator names the cluster, which mostly stands beside it.
        configuration.addressPolicy = .any
        client = context.targets.http(configuration)
    }

    /// What a request says of who asks; nil for a cluster that asks nobody.
    static func authorization(_ settings: Settings) -> String? {
        if let key = settings.optionalString("api_key") { return "ApiKey \(key)" }
        guard let user = settings.optionalString("user") else { return nil }
        let pair = "\(user):\(settings.string("password"))"
        return "Basic \(Base64.encode(Array(pair.utf8)))"
    }

    /// - Throws: ``BridgeError`` when there is no answer.
    func send(
        _ method: HTTPMethod, _ path: String, _ body: [UInt8], type: String = "application/json"
    ) async throws(BridgeError) -> HTTPClientResponse {
        var headers: HTTPHeaders = ["Content-Type": type]
        headers["Authorization"] = authorization
        do {
            return try await client.send(
                HTTPClientRequest(
                    method: method, url: url + path, headers: headers, body: body, timeout: timeout,
                    maximumResponseBytes: 16 << 20))
        } catch let error as HTTPClientError {
            throw TargetFailure.error(error, target: "Elasticsearch")
        } catch {
            throw .retry(reason: "\(error)")
        }
    }

    /// Sends JSON and expects success.
    ///
    /// - Throws: ``BridgeError`` with what Elasticsearch says.
    @discardableResult
    func expect(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue
    ) async throws(BridgeError) -> JSONValue {
        guard let bytes = try? JSONEncoder().encode(body) else { throw .giveUp(reason: "the request is no JSON") }
        let response = try await send(method, path, Array(bytes))
        guard (200..<300).contains(response.status) else { throw Self.failure(response) }
        return (try? JSONDecoder().decode(JSONValue.self, from: Data(response.body))) ?? .null
    }

    /// What an answer without success means for everything that was asked in it.
    static func failure(_ response: HTTPClientResponse) -> BridgeError {
        let text = (try? JSONDecoder().decode(JSONValue.self, from: Data(response.body))).flatMap(reason) ?? ""
        let reason = "Elasticsearch answered \(response.status)\(text.isEmpty ? "" : ": \(text)")"
        return switch response.status {
        case 401, 403, 429, 500...599: .targetDown(reason: reason)
        default: .retry(reason: reason)
        }
    }

    /// The type and the words of an error in an answer or in an item of one.
    static func reason(_ answer: JSONValue) -> String? {
        guard let error = answer["error"] else { return nil }
        if let text = error.string { return String(text.prefix(300)) }
        return "\(error["type"]?.string ?? "error"): \(String((error["reason"]?.string ?? "").prefix(300)))"
    }

    func close() { client.close() }
}
