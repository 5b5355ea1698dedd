import Foundation

/// Why a call did not do what was asked, in a sentence for a person.
public struct MartletClientError: Error, Sendable, CustomStringConvertible {
    /// Stable, for programs: the code of the server's problem document, or `unreachable`, `bad_answer`, `bad_url`.
    public let code: String
    /// The HTTP status of the server's answer; nil when there was none.
    public let status: Int?
    /// What the server, or the network, says.
    public let detail: String
    /// How long the server asks to wait before the next try.
    public let retryAfter: Duration?

    /// Makes an error of one's own, as tests do.
    public init(code: String, status: Int? = nil, detail: String, retryAfter: Duration? = nil) {
        self.code = code
        self.status = status
        self.detail = detail
        self.retryAfter = retryAfter
    }

    /// Whether the same call may succeed later: the server is away, busy, or does not reach its database.
    public var isRetriable: Bool {
        guard let status else { return code == "unreachable" }
        return status == 429 || status == 502 || status == 503 || status == 504
    }

    /// The detail; it holds no secret.
    public var description: String { detail }

    /// Reads a problem document (RFC 9457).
    init(status: Int, body: [UInt8], retryAfter: String?) {
        struct Document: Decodable {
            var code: String?
            var detail: String?
        }
        let document = try? JSONDecoder().decode(Document.self, from: Data(body))
        self.init(
            code: document?.code ?? "http_\(status)", status: status,
            detail: document?.detail ?? "The server answered with status \(status).",
            retryAfter: retryAfter.flatMap { Int($0) }.map { .seconds(min(max($0, 0), 3600)) })
    }
}
