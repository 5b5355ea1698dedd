/// Why an import ended, in a sentence for the person at the terminal.
package struct ImportError: Error, Sendable, CustomStringConvertible {
    /// What kind of end it was.
    package enum Code: Sendable, Equatable {
        /// The command line, a file, or a setting is wrong.
        case usage
        /// The server cannot be reached, or would not take something.
        case server
    }

    /// What kind of end it was.
    package let code: Code
    /// The sentence.
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
