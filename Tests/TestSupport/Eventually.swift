/// What did not come true in time.
package struct NeverHappened: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// Waits until `condition` holds, asking every few milliseconds.
///
/// - Parameter what: Completes the sentence "it never happened that …".
/// - Throws: ``NeverHappened`` after `within`, or what `condition` throws.
package func eventually(
    _ what: String, within: Duration = .seconds(40), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + within
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw NeverHappened(description: "it never happened that \(what) (within \(within))")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
