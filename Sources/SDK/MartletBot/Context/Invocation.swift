/// What a middleware sees: the event, and the command when it is one.
public struct Invocation: BotContext {
    /// The event as it came.
    public let event: Event
    /// The command's full name, `mod kick`; nil for an event handler.
    public internal(set) var command: String?
    /// The means of the running handler.
    public let scope: HandlerScope
}
