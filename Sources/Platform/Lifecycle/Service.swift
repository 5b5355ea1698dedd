/// Something that lives as long as the server: it starts when `run()` is called and has stopped when `run()` returns.
package protocol Service: Sendable {
    /// Names the service in logs and in the report of a failed start.
    var name: String { get }

    /// What keeps it from doing what others rely on, in words for who runs the server; nil while nothing does.
    var obstacle: String? { get }

    /// How long it may take to end once it was asked to, before it is cancelled.
    var endLimit: Duration { get }

    /// Waits until it does what others rely on; called once, when `run()` has been called.
    ///
    /// A group starts the next service only then. Has to return when the surrounding task is cancelled.
    ///
    /// - Throws: Why it will never be ready; the group then stops everything.
    func waitUntilReady() async throws

    /// Runs until ``shutdown()`` is called, or the surrounding task is cancelled.
    ///
    /// - Throws: What made it impossible to go on; the group then stops everything else.
    func run() async throws

    /// Asks for a graceful stop: accept nothing new, finish what was accepted, then return from `run()`.
    ///
    /// Called at most once by ``ServiceGroup``; must not wait for the end itself.
    func shutdown()
}

extension Service {
    /// Nothing.
    package var obstacle: String? { nil }
    /// Enough for what answers in seconds or not at all.
    package var endLimit: Duration { .seconds(4) }
    /// Ready as soon as it runs.
    package func waitUntilReady() async throws {}
}
