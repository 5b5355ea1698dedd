/// Runs a handler again and again.
///
/// It runs for the first time one period after the bot started, and never beside itself; what it missed while the bot
/// was down is not made up for, so keep what is due in ``BotContext/store``.
public struct Every: BotElement {
    private let timer: TimerPart

    /// Registers a handler.
    ///
    /// - Parameters:
    ///   - period: The time from one start to the next; at least a second.
    ///   - handle: What to do. When it throws, the error is logged and the next period begins.
    public init(_ period: Duration, _ handle: @escaping @Sendable (TimerContext) async throws -> Void) {
        timer = TimerPart(period: max(period, .seconds(1)), handle: handle)
    }

    /// Itself.
    public var parts: [BotPart] { BotPart.list(.timer(timer)) }
}
