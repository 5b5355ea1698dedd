import EventLoop
import Telemetry

/// One client: feeds the session and does what it says.
///
/// Touched on its loop only.
final class MailConnection: @unchecked Sendable {
    private let connection: StreamConnection
    private let configuration: MailServerConfiguration
    private let handler: any MailHandler
    private let logger: Logger
    private let onEnd: @Sendable () -> Void
    private var session: SMTPSession
    private var reader: MessageReader?
    private var intake: (any MailIntake)?
    /// Why what is being read cannot be kept.
    private var refusal: MailReply?
    private var timer: Timer?
    /// When the message that is being read has to have come whole.
    private var messageEnd = ContinuousClock.now
    // While the handler thinks, further commands wait in the connection's buffer.
    private var isWaiting = false
    private var isSkippingLine = false
    private var isEnding = false
    private var isOver = false

    init(
        _ connection: StreamConnection, _ configuration: MailServerConfiguration,
        handler: any MailHandler, logger: Logger, onEnd: @escaping @Sendable () -> Void
    ) {
        self.connection = connection
        self.configuration = configuration
        self.handler = handler
        self.logger = logger
        self.onEnd = onEnd
        session = SMTPSession(configuration, remoteAddress: connection.remoteAddress)
    }

    func start() {
        connection.start(onRead: { self.read($0) }, onClose: { _ in self.end() })
        perform(session.greeting())
        armTimer(configuration.commandTimeout)
    }

    /// Says goodbye, at once or when the handler has answered.
    func shutDown() {
        isEnding = true
        if !isWaiting { perform(session.goodbye("4.3.2", "is going down")) }
    }

    private func end() {
        isOver = true
        timer?.cancel()
        timer = nil
        // A mail that the handler has in hand goes on to its end.
        if !isWaiting {
            intake?.cancel()
            intake = nil
        }
        onEnd()
    }

    // MARK: Reading

    private func read(_ bytes: UnsafeRawBufferPointer) -> Int {
        var taken = 0
        while taken < bytes.count, !isWaiting, !isOver {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[taken...])
            let count = reader == nil ? readCommand(rest) : readMessage(rest)
            if count == 0 { break }
            taken += count
        }
        return isOver ? bytes.count : taken
    }

    private func readCommand(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let end = bytes.prefix(SMTPSession.maximumCommandBytes).firstIndex(of: 0x0A) else {
            guard bytes.count >= SMTPSession.maximumCommandBytes else { return 0 }
            // Dropped as it comes, so that a line without end fills no memory; answered when it has ended.
            isSkippingLine = true
            return SMTPSession.maximumCommandBytes
        }
        armTimer(configuration.commandTimeout)
        let isWhole = !isSkippingLine && end > 0 && bytes[end - 1] == 0x0D
        isSkippingLine = false
        let line = isWhole ? String(validating: bytes[..<(end - 1)], as: UTF8.self) : nil
        if let line, !line.utf8.contains(0) {
            perform(session.command(line))
        } else {
            perform(session.malformedCommand())
        }
        return end + 1
    }

    private func readMessage(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let (count, isEnd) = reader?.read(bytes) else { return 0 }
        if isEnd, var message = reader {
            reader = nil
            armTimer(configuration.commandTimeout)
            let rest = message.takeBytes()
            guard let intake, refusal == nil, !message.isTooLarge else {
                self.intake?.cancel()
                self.intake = nil
                perform(session.message(isTooLarge: message.isTooLarge, refusal: refusal))
                return count
            }
            self.intake = nil
            perform(session.message(isTooLarge: false), of: intake, rest)
        } else if reader?.bytes.count ?? 0 >= configuration.pieceBytes {
            handOn()
        }
        return count
    }

    /// Hands on what has come of a message, and reads no more of it before that is kept.
    private func handOn() {
        guard let intake, let piece = reader?.takeBytes() else { return }
        wait { _ in
            let refusal = await intake.take(piece)
            return { connection in
                if let refusal {
                    connection.refusal = refusal
                    connection.reader?.giveUp()
                    intake.cancel()
                    connection.intake = nil
                }
                if connection.isOver { intake.cancel() }
                return []
            }
        }
    }

    // MARK: Acting

    private func perform(
        _ actions: [SMTPSession.Action], of intake: (any MailIntake)? = nil, _ rest: [UInt8] = []
    ) {
        for action in actions where !isOver {
            switch action {
            case .write(let text): connection.write(text)
            case .checkRecipient(let address, let sender):
                wait { handler in
                    let answer = await handler.recipient(address, sender: sender)
                    return { $0.session.recipientChecked(answer) }
                }
            case .readMessage(let envelope):
                reader = MessageReader(limit: configuration.maximumMessageBytes)
                refusal = nil
                self.intake = handler.begin(envelope)
                messageEnd = .now + configuration.dataTimeout
                armTimer(configuration.dataTimeout)
            case .deliver:
                guard let intake else { continue }
                wait { _ in
                    if let refusal = await intake.take(rest) {
                        intake.cancel()
                        return { $0.session.message(isTooLarge: false, refusal: refusal) }
                    }
                    let answers = await intake.finish()
                    return { $0.session.delivered(answers) }
                }
            case .close:
                isOver = true
                connection.close()
            }
        }
    }

    /// Stops reading until the handler has answered.
    private func wait(
        _ ask: @escaping @Sendable (any MailHandler) async -> @Sendable (MailConnection) -> [SMTPSession.Action]
    ) {
        isWaiting = true
        timer?.cancel()
        connection.pauseReading()
        let (loop, handler) = (connection.loop, handler)
        // Ends with the handler's answer, even if the client has gone: the mail may be on its way to a store.
        Task(executorPreference: loop) {
            let answer = await ask(handler)
            loop.executeNow { self.resume(answer) }
        }
    }

    private func resume(_ answer: (MailConnection) -> [SMTPSession.Action]) {
        isWaiting = false
        let actions = answer(self)
        guard !isOver else { return }
        perform(actions)
        if isEnding { perform(session.goodbye("4.3.2", "is going down")) }
        guard !isOver else { return }
        armTimer(reader == nil ? configuration.commandTimeout : messageEnd - .now)
        connection.resumeReading()
    }

    private func armTimer(_ limit: Duration) {
        timer?.cancel()
        timer = connection.loop.schedule(after: limit) {
            guard !self.isWaiting, !self.isOver else { return }
            self.perform(self.session.goodbye("4.4.2", "has waited too long"))
        }
    }
}
