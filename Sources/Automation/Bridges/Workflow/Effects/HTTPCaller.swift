import BridgeKit
import ChatModel
import HTTPClient
import HTTPTypes

/// Makes the requests of `call` and turns their answers into values.
struct HTTPCaller: Sendable {
    static let longestAnswer = 1 << 20
    private static let mostHeaders = 50
    private static let longestHeader = 1024

    let client: any BridgeHTTPClient
    let now: @Sendable () -> Int64

    /// - Parameter token: Sent as `Idempotency-Key`, the same at each try.
    /// - Throws: ``BridgeError``.
    func call(_ call: CallEffect, token: String) async throws -> JSONValue {
        var headers = HTTPHeaders()
        if let type = call.contentType { headers["Content-Type"] = type }
        if call.method != "GET" { headers["Idempotency-Key"] = token }
        headers["Accept"] = "application/json, */*;q=0.5"
        for (name, value) in call.headers { headers[name] = value }
        let target = Self.target(call.url)
        let response: HTTPClientResponse
        do {
            response = try await client.send(
                HTTPClientRequest(
                    method: HTTPMethod(rawValue: call.method) ?? .get, url: call.url, headers: headers, body: call.body,
                    timeout: call.timeout, maximumResponseBytes: Self.longestAnswer))
        } catch let error as HTTPClientError {
            throw Self.failure(error, target)
        }
        try check(response, call.expected, target)
        return try Self.answer(response, target)
    }

    /// The host alone: the rest of a URL may hold secrets.
    static func target(_ url: String) -> String {
        let rest = url.split(separator: "://", maxSplits: 1).last ?? ""
        let authority = rest.prefix { !"/?#\\".contains($0) }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        return host.isEmpty ? "the URL" : String(host)
    }

    private static func failure(_ error: HTTPClientError, _ target: String) -> BridgeError {
        switch error.code {
        case .connection, .timeout, .busy, .cancelled, .closed: TargetFailure.error(error, target: target)
        case .tls: .retry(reason: "\(target): \(error)")
        case .blockedAddress:
            .giveUp(reason: "\(target): \(error); addresses beyond the public internet are named below `allow`")
        default: .giveUp(reason: "\(target): \(error)")
        }
    }

    private func check(
        _ response: HTTPClientResponse, _ expected: [ClosedRange<Int>], _ target: String
    ) throws(BridgeError) {
        guard !expected.contains(where: { $0.contains(response.status) }) else { return }
        let reason = "\(target) answered \(response.status)"
        let wait = TargetFailure.retryAfter(response.headers, now: now())
        switch response.status {
        case 300..<400: throw .giveUp(reason: "\(reason): redirects are not followed; use the final URL")
        case 502, 503, 504: throw .targetSilent(after: wait, reason: reason)
        case 500...: throw .targetFailing(after: wait, reason: reason)
        case 408, 425, 429: throw .retry(after: wait, reason: reason)
        default: throw .giveUp(reason: reason)
        }
    }

    private static func answer(_ response: HTTPClientResponse, _ target: String) throws(BridgeError) -> JSONValue {
        var headers: [String: JSONValue] = [:]
        for field in response.headers.fields.prefix(mostHeaders) where headers[field.name.lowercased()] == nil {
            headers[field.name.lowercased()] = .string(String(field.value.prefix(longestHeader)))
        }
        let type = response.headers["Content-Type"]?.lowercased() ?? ""
        var body: JSONValue = .null
        if !response.body.isEmpty {
            if type.isEmpty || type.contains("json") {
                guard JSONBounds.admit(response.body) else {
                    throw .giveUp(reason: "\(target) answered JSON that is too deep or has too many values")
                }
                body = JSONValue(json: response.body) ?? .null
            }
            if body == .null {
                body = String(validating: response.body, as: UTF8.self).map { .string($0) } ?? .null
            }
        }
        return ["status": .integer(Int64(response.status)), "headers": .object(headers), "body": body]
    }
}
