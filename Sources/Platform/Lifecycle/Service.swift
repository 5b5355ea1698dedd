/// Something that lives as long as the server: it starts when `run()` is called and has stopped when `run()` returns.
package protocol Service: Sendable {
    /// Names the service in logs and in the report of a failed start.
    var name: String { get }

    /// Runs until ``shutdown()`` is called, or the surrounding task is cancelled.
    ///
    /// - Throws: What made it impossible to go on; the group then stops everything else.
    func run() async throws

    /// Asks for a graceful stop: accept nothing new, finish what was accepted, then return from `run()`.
    ///
    /// Called at most once by ``ServiceGroup``; must not wait for the end itself.
    func shutdown()
}
