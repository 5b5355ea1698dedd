import ChatService
import HTTPRouting
import HTTPTypes
import Limits

/// Why a delivery was not taken: a token for programs, as Slack's webhooks answer it, and a sentence for people.
struct WebhookRefusal: Error {
    let status: Int
    let token: String
    let detail: String
    var pointer: String?
    /// Seconds.
    var retryAfter: Int64?
    /// Tells of a limit that was reached.
    private var fields: [(name: String, value: String)] = []

    init(_ status: Int, _ token: String, _ detail: String, pointer: String? = nil) {
        self.status = status
        self.token = token
        self.detail = detail
        self.pointer = pointer
    }

    static func invalidPayload(_ detail: String, pointer: String? = nil) -> WebhookRefusal {
        WebhookRefusal(400, "invalid_payload", detail, pointer: pointer)
    }

    static let noService = WebhookRefusal(
        404, "no_service", "There is no webhook at this address; it may have been revoked.")

    init(_ error: ChatError) {
        let status: Int
        var token = error.code
        switch error.kind {
        case .invalid:
            status = 400
            token = "invalid_payload"
        case .unauthenticated, .forbidden, .refused: status = token == "channel_is_archived" ? 410 : 403
        case .notFound: status = 404
        case .conflict: status = 409
        case .overloaded: status = 429
        }
        self.init(status, token, error.description, pointer: error.pointer)
        if let wait = error.retryAfter { retryAfter = max(1, wait.components.seconds + 1) }
        fields = error.verdict?.fields ?? []
    }

    init(_ problem: Problem) {
        self.init(problem.status, problem.code, problem.detail, pointer: problem.pointer)
        retryAfter = problem.headers["Retry-After"].flatMap { Int64($0) }
    }

    /// The token alone, in plain text.
    var plainResponse: HTTPResponse { HTTPResponse(status: status, headers: headers, text: token) }

    var problem: Problem {
        Problem(status: status, code: token, detail: detail, pointer: pointer, headers: headers)
    }

    private var headers: HTTPHeaders {
        var headers: HTTPHeaders = [:]
        headers["Retry-After"] = retryAfter.map { String($0) }
        for field in fields { headers[field.name] = field.value }
        return headers
    }
}
