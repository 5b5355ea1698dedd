import Foundation
package import HTTPTypes

/// JSON bodies of requests and answers.
///
/// Wire types name their snake_case keys themselves (`CodingKeys`). Foundation's key strategies would cost 4 µs a
/// message, would rename the keys of dictionaries, which are data, and cannot make `channelID` of `channel_id`.
package enum JSONBody {
    /// Reads the body of `request`.
    ///
    /// - Throws: ``Problem`` 400 when there is no JSON, 415 when another type was declared, 422 with a pointer when a
    ///   value is not of the right kind.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from request: HTTPRequest
    ) throws(Problem) -> Value {
        try checkType(request.headers["Content-Type"])
        guard !request.body.isEmpty else {
            throw .badRequest(code: "missing_body", "This request needs a JSON body.")
        }
        guard JSONSyntax.isShallow(request.body) else {
            throw .badRequest(
                code: "invalid_json", "The body nests deeper than \(JSONSyntax.maximumDepth) levels.")
        }
        do {
            return try JSONDecoder().decode(type, from: Data(request.body))
        } catch let problem as Problem {
            throw problem
        } catch {
            throw JSONDiagnosis.problem(error, reading: type, from: request.body)
        }
    }

    /// Bodies of more bytes are read beside the event loop.
    private static let large = 8 << 10

    /// Reads the body of `request`, a large one beside the loop: others on it must not wait for that.
    ///
    /// - Throws: As ``decode(_:from:)``.
    static func read<Value: Decodable & Sendable>(_ type: Value.Type, from request: HTTPRequest) async throws -> Value {
        guard request.body.count > large else { return try decode(type, from: request) }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try decode(type, from: request) }
    }

    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        if let value = value as? any JSONWriting {
            var json: [UInt8] = []
            value.appendJSON(to: &json)
            return json
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return Array(try encoder.encode(value))
    }

    private static func checkType(_ value: String?) throws(Problem) {
        guard let value, value != "application/json" else { return }
        let type = value.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
        guard type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json")) else {
            throw Problem(
                status: 415, code: "unsupported_media_type", detail: "The body must be `application/json`.")
        }
    }
}

extension HTTPResponse {
    /// An answer in JSON.
    package static func json(
        _ value: some Encodable, status: Int = 200, headers: HTTPHeaders = [:]
    ) throws -> HTTPResponse {
        json(bytes: try JSONBody.encode(value), status: status, headers: headers)
    }

    /// An answer in JSON that was written already.
    package static func json(bytes: [UInt8], status: Int = 200, headers: HTTPHeaders = [:]) -> HTTPResponse {
        var headers = headers
        headers["Content-Type"] = "application/json"
        if headers["Cache-Control"] == nil { headers["Cache-Control"] = "no-store" }
        return HTTPResponse(status: status, headers: headers, body: .bytes(bytes))
    }
}
