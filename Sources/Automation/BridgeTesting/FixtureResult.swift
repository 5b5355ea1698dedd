package import Settings

/// What came of one fixture.
package struct FixtureResult: Sendable {
    package enum Outcome: String, Sendable, Codable {
        case passed, failed
        /// The fixture or the bridge's file cannot be used.
        case broken
        /// The fixture expects nothing yet.
        case unstated
        /// Shown only: the events come from a server, or the file was never meant to be compared.
        case shown
    }

    /// The bridge's file.
    package let bridge: String
    /// The fixture's file.
    package let path: String
    package let name: String
    package let about: String
    package internal(set) var outcome: Outcome
    package let effects: [TrialEffect]
    package internal(set) var differences: [Difference]
    package let problems: [SettingsProblem]
    /// How many events were given.
    package let given: Int
    /// Whether the expectation was written anew.
    package internal(set) var isUpdated = false
}
