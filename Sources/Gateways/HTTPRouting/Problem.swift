import Foundation
package import HTTPTypes

/// Why a request was not served, as clients read it: `application/problem+json` (RFC 9457).
///
/// The code is for programs and stays as it is for good; the detail is for the person who has to fix the request.
package struct Problem: Error, Sendable, CustomStringConvertible {
    package var status: Int
    /// Stable, in snake_case.
    package var code: String
    /// One or two sentences that help; shown to the client as they are.
    package var detail: String
    /// The member of the body that is meant (RFC 6901): `/text`.
    package var pointer: String?
    package var headers: HTTPHeaders
    /// Further members of the answer; the standard ones win.
    package var extra: [String: Value]

    package enum Value: Sendable, Equatable {
        case string(String)
        case int(Int64)
        case bool(Bool)
        case strings([String])
    }

    package init(
        status: Int, code: String, detail: String, pointer: String? = nil, headers: HTTPHeaders = [:],
        extra: [String: Value] = [:]
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.pointer = pointer
        self.headers = headers
        self.extra = extra
    }

    package var description: String { "\(status) \(code): \(detail)" }

    // MARK: The usual ones

    package static func badRequest(code: String = "bad_request", _ detail: String, pointer: String? = nil) -> Problem {
        Problem(status: 400, code: code, detail: detail, pointer: pointer)
    }

    package static func unauthorized(
        code: String = "unauthorized", _ detail: String = "This needs a valid token: `Authorization: Bearer <token>`."
    ) -> Problem {
        // RFC 6750, section 3.
        Problem(status: 401, code: code, detail: detail, headers: ["WWW-Authenticate": "Bearer"])
    }

    package static func forbidden(
        code: String = "forbidden", _ detail: String = "You may not do this."
    ) -> Problem {
        Problem(status: 403, code: code, detail: detail)
    }

    package static func notFound(
        code: String = "not_found", _ detail: String = "There is nothing here, or you may not see it."
    ) -> Problem {
        Problem(status: 404, code: code, detail: detail)
    }

    package static func conflict(code: String = "conflict", _ detail: String) -> Problem {
        Problem(status: 409, code: code, detail: detail)
    }

    package static func tooLarge(code: String = "too_large", _ detail: String, pointer: String? = nil) -> Problem {
        Problem(status: 413, code: code, detail: detail, pointer: pointer)
    }

    /// What was sent is well-formed, but a value in it cannot be used.
    package static func unprocessable(code: String = "invalid_value", _ detail: String, pointer: String?) -> Problem {
        Problem(status: 422, code: code, detail: detail, pointer: pointer)
    }

    /// - Parameter retryAfter: Seconds.
    package static func tooManyRequests(
        code: String = "rate_limited", _ detail: String = "Too many requests; wait and try again.", retryAfter: Int
    ) -> Problem {
        Problem(
            status: 429, code: code, detail: detail, headers: ["Retry-After": "\(max(1, retryAfter))"],
            extra: ["retry_after": .int(Int64(max(1, retryAfter)))])
    }

    package static func unavailable(
        code: String = "unavailable", _ detail: String = "This cannot be served just now; try again.",
        retryAfter: Int = 1
    ) -> Problem {
        Problem(status: 503, code: code, detail: detail, headers: ["Retry-After": "\(max(1, retryAfter))"])
    }

    /// Tells nothing of what went wrong inside; the log does, under the same request id.
    static let internalError = Problem(
        status: 500, code: "internal_error",
        detail: "Something went wrong on the server. Its log tells more under this request id.")

    // MARK: The answer

    package func response(requestID: String? = nil) -> HTTPResponse {
        var members: [String: Any] = extra.mapValues { value -> Any in
            switch value {
            case .string(let text): text
            case .int(let number): number
            case .bool(let flag): flag
            case .strings(let list): list
            }
        }
        members["type"] = "about:blank"
        members["title"] = Self.titles[status] ?? "Error"
        members["status"] = status
        members["code"] = code
        members["detail"] = detail
        members["pointer"] = pointer
        members["request_id"] = requestID
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        let body = (try? JSONSerialization.data(withJSONObject: members, options: options)) ?? Data("{}".utf8)
        var headers = headers
        headers["Content-Type"] = "application/problem+json"
        headers["Cache-Control"] = "no-store"
        return HTTPResponse(status: status, headers: headers, body: .bytes(Array(body)))
    }

    private static let titles = [
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        406: "Not Acceptable", 409: "Conflict", 410: "Gone", 413: "Content Too Large", 415: "Unsupported Media Type",
        422: "Unprocessable Content", 426: "Upgrade Required", 429: "Too Many Requests", 500: "Internal Server Error",
        501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
    ]
}

/// An error that knows what to tell a client; others become an answer 500 that tells nothing.
package protocol ProblemConvertible: Error {
    var problem: Problem { get }
}
