internal import COpenSSL

/// What this module throws; its text holds no key, password or plain text.
package struct CryptoError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// A key is too short, of the wrong kind, or cannot be read.
        case invalidKey
        /// A text is not of the form it should have.
        case malformed
        /// Something sealed or signed was changed, or belongs to another key or context.
        case notAuthentic
        /// Too many password hashes wait already; try again later.
        case overloaded
        /// A file cannot be read or written, or others may read it.
        case file
        /// OpenSSL or libxcrypt refused.
        case library
    }

    package let code: Code
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// Takes OpenSSL's reason for the failure of the call just made and empties the thread's error queue.
    static func openSSL(_ code: Code, _ what: String) -> CryptoError {
        var reason = ""
        while case let number = ERR_get_error(), number != 0 {
            // The first entry is the cause, those after it say who passed it on.
            if reason.isEmpty, let text = ERR_reason_error_string(number) { reason = ": \(String(cString: text))" }
        }
        return CryptoError(code, what + reason)
    }

    static func openSSL(_ what: String) -> CryptoError { openSSL(.library, what) }
}
