/// Stands around handlers, to allow, refuse, measure or log them; see ``Use``.
///
/// ```swift
/// struct WeekdaysOnly: Middleware {
///     func handle(_ invocation: Invocation, next: Next) async throws -> Outcome {
///         isWeekday(invocation.now) ? try await next(invocation) : .denied("come back on Monday")
///     }
/// }
/// ```
public protocol Middleware: Sendable {
    /// What stands inside: further middleware and the handler.
    typealias Next = @Sendable (Invocation) async throws -> Outcome

    /// Lets the handler run, by calling `next` at most once, or does not.
    ///
    /// - Throws: What `next` throws, or an error of its own, which is treated like one of the handler.
    func handle(_ invocation: Invocation, next: Next) async throws -> Outcome
}

/// What came of an event.
public enum Outcome: Sendable, Equatable {
    /// A handler ran.
    case handled
    /// No handler wanted it.
    case ignored
    /// Somebody may not do this; for a command the reason is answered.
    case denied(String)
}
