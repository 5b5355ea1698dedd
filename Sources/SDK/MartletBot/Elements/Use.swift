/// Puts a middleware around every command and event handler of the bot or of the ``Group`` it stands in.
///
/// Several are applied in the order of their declaration, those of outer groups first.
public struct Use: BotElement {
    private let middleware: any Middleware

    /// Registers a middleware.
    public init(_ middleware: any Middleware) { self.middleware = middleware }

    /// Itself.
    public var parts: [BotPart] { BotPart.list(.middleware(middleware)) }
}
