package import ChatService
package import HTTPRouting
import HTTPTypes
import Limits

extension ChatError: ProblemConvertible {
    /// The error as an HTTP answer.
    package var problem: Problem {
        var problem = Problem(status: status, code: code, detail: description, pointer: pointer)
        if let retryAfter {
            problem.headers["Retry-After"] = String(max(1, retryAfter.components.seconds + 1))
        }
        for field in verdict?.fields ?? [] { problem.headers[field.name] = field.value }
        if kind == .unauthenticated { problem.headers["WWW-Authenticate"] = "Bearer" }
        return problem
    }

    private var status: Int {
        switch kind {
        case .invalid: 422
        case .unauthenticated: 401
        case .forbidden: 403
        case .notFound: 404
        case .conflict: 409
        case .refused: 422
        case .overloaded: 429
        }
    }
}
