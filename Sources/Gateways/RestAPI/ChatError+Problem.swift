package import ChatService
package import HTTPRouting
import HTTPTypes
import Limits
package import Postgres

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

extension PostgresError: ProblemConvertible {
    /// A database that does not answer is a passing trouble; anything else is a fault of the server, but for values
    /// that it cannot hold, such as a text with NUL (class 22).
    package var problem: Problem {
        if sqlState?.hasPrefix("22") == true {
            return Problem(
                status: 422, code: "invalid_value", detail: "A value cannot be stored or searched for: \(message).")
        }
        if sqlState == "53100" {
            return .unavailable(
                code: "disk_full",
                "The database's disk is full, so nothing can be stored until there is room; what was accepted is safe. "
                    + "Try again later, with the same nonce if you were sending.")
        }
        guard sqlState == nil || sqlState?.hasPrefix("57") == true || sqlState?.hasPrefix("53") == true else {
            return Problem(
                status: 500, code: "internal_error", detail: "Something went wrong in the server; it was logged.")
        }
        return .unavailable(
            code: "database_unavailable",
            "The database does not answer at the moment; try again, with the same nonce if you were sending.")
    }
}
