/// Why an embedded server cannot run, in words that say what to do.
package struct EmbeddedServersError: Error, CustomStringConvertible {
    package enum Code: Sendable {
        /// A program is missing.
        case notInstalled
        /// Another process holds the data folder.
        case locked
        /// The data folder cannot be made or reached.
        case folder
        /// The server ended while it started.
        case failed
        /// The server did not get ready in time.
        case timeout
    }

    package let code: Code
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
