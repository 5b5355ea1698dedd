internal import HTTPTypes

/// Why a request does not reach the handler.
///
/// The connection is closed after the answer: where the request ends, and the next begins, may be unclear.
enum RequestRefusal: Error, CaseIterable {
    case malformed
    case ambiguousLength
    case unexpectedBody
    case unsupportedTransferEncoding
    case host
    case targetTooLong
    case headTooLarge
    case bodyTooLarge
    case tooManyFields
    case trailersTooLarge
    case expectation
    case methodNotAllowed
    case methodNotImplemented
    case version

    var response: HTTPResponse {
        switch self {
        case .malformed: problem(400, "malformed_request", "The request is not well-formed HTTP/1.1.")
        case .ambiguousLength:
            problem(400, "ambiguous_length", "The request states the length of its body more than once, or wrongly.")
        case .unexpectedBody: problem(400, "unexpected_body", "A request with this method cannot have such a body.")
        case .unsupportedTransferEncoding:
            problem(501, "unsupported_transfer_encoding", "The only transfer encoding that is understood is chunked.")
        case .host: problem(400, "bad_host", "The request must have exactly one Host field, with a host in it.")
        case .targetTooLong: problem(414, "target_too_long", "The request's target is longer than the server accepts.")
        case .headTooLarge: problem(431, "head_too_large", "The head is larger than the server accepts.")
        case .bodyTooLarge: problem(413, "body_too_large", "The body is larger than the server accepts.")
        case .tooManyFields: problem(431, "too_many_fields", "The request has too many header fields.")
        case .trailersTooLarge:
            problem(431, "trailers_too_large", "The fields behind the body are larger than the server accepts.")
        case .expectation:
            problem(417, "unknown_expectation", "The only expectation that is understood is 100-continue.")
        case .methodNotAllowed:
            problem(
                405, "method_not_allowed", "The server does not serve this method.",
                ["Allow": HTTPMethod.allCases.map(\.rawValue).joined(separator: ", ")])
        case .methodNotImplemented: problem(501, "method_not_implemented", "The server does not know this method.")
        case .version: problem(505, "version_not_supported", "The server speaks HTTP/1.1 and HTTP/1.0.")
        }
    }

    /// What a handler that is reading the body is told.
    var bodyError: HTTPBodyError { self == .bodyTooLarge ? .tooLarge : .malformed }

    private func problem(
        _ status: Int, _ code: String, _ detail: String, _ headers: HTTPHeaders = [:]
    ) -> HTTPResponse {
        HTTPResponse(problem: code, status: status, detail: detail, headers: headers)
    }
}
