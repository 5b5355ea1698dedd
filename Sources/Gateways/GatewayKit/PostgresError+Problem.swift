package import HTTPRouting
import HTTPTypes
package import Postgres

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
