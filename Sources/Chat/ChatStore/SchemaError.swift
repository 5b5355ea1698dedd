/// Why the schema could not be brought up to date.
package struct SchemaError: Error, CustomStringConvertible, Sendable {
    package enum Code: String, Sendable {
        /// The schema belongs to a newer program.
        case newer
        /// Others held a lock, or were migrating, for longer than anybody should wait.
        case patience
    }

    package let code: Code
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
