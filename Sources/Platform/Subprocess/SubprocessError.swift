/// Why a program cannot be run.
package struct SubprocessError: Error, CustomStringConvertible {
    /// Names the program and the reason.
    package let message: String

    init(_ message: String) { self.message = message }

    package var description: String { message }
}
