/// What a query parameter can be read as.
package protocol QueryValue: Sendable {
    /// What the value must be, to end the sentence "it must be …".
    static var queryExpectation: String { get }
    init?(queryText: String)
}

extension String: QueryValue {
    package static var queryExpectation: String { "a text" }
    package init?(queryText: String) { self = queryText }
}

extension Int: QueryValue {
    package static var queryExpectation: String { "a whole number" }
    package init?(queryText: String) { self.init(queryText) }
}

extension Int64: QueryValue {
    package static var queryExpectation: String { "a whole number" }
    package init?(queryText: String) { self.init(queryText) }
}

extension Bool: QueryValue {
    package static var queryExpectation: String { "true or false" }
    package init?(queryText: String) {
        // Python writes True.
        switch queryText.lowercased() {
        case "true", "1": self = true
        case "false", "0": self = false
        default: return nil
        }
    }
}

/// An enumeration of texts conforms by naming this protocol: `enum Sort: String, CaseIterable, QueryChoice`.
package protocol QueryChoice: QueryValue, RawRepresentable, CaseIterable where RawValue == String {}

extension QueryChoice {
    package static var queryExpectation: String { "one of " + allCases.map(\.rawValue).joined(separator: ", ") }
    package init?(queryText: String) { self.init(rawValue: queryText) }
}
