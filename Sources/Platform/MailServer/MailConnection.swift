import EventLoop
import Telemetry

/// One client: feeds the session and does what it says.
///
/// Touched on its loop only.
final class MailConnection: @unchecked Sendable {
    private let connection: StreamConnection
    private let configuration: MailServerConfiguration
    private let memory: MailMemory
    /// What this connection's mail has taken of `memory`.
    private var heldBytes = 0
    private let handler: any MailHandler
    private let logger: Logger
    private let onEnd: @Sendable () -> Void
    private var session: SMTPSession
    private var reader: MessageReader?
    private var timer: Timer?
    // While the handler thinks, further commands wait in the connection's buffer.
    private var isWaiting = false
    private var isSkippingLine = false
    private var isEnding = false
    private var isOver = false

    init(
        _ connection: StreamConnection, _ configuration: MailServerConfiguration, _ memory: MailMemory,
        handler: any MailHandler, logger: Logger, onEnd: @escaping @Sendable () -> Void
    ) {
        self.connection = connection
        self.configuration = configuration
        self.memory = memory
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
        // A mail that the handler has in hand is held until it has answered.
        if !isWaiting { letGo() }
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
        hold()
        if isEnd, let message = reader {
            reader = nil
            armTimer(configuration.commandTimeout)
            perform(
                message.isGivenUp
                    ? session.messageGivenUp() : session.message(message.bytes, isTooLarge: message.isTooLarge))
            if !isWaiting { letGo() }
        }
        return count
    }

    /// Takes memory for what the message has grown by; without it the rest of the message is passed over.
    private func hold() {
        let grown = (reader?.bytes.count ?? 0) - heldBytes
        guard grown > 0 else { return }
        if memory.take(grown) {
            heldBytes += grown
        } else {
            reader?.giveUp()
            letGo()
        }
    }

    private func letGo() {
        memory.give(heldBytes)
        heldBytes = 0
    }

    // MARK: Acting

    private func perform(_ actions: [SMTPSession.Action]) {
        for action in actions where !isOver {
            switch action {
            case .write(let text): connection.write(text)
            case .checkRecipient(let address, let sender):
                wait { handler in
                    let answer = await handler.recipient(address, sender: sender)
                    return { $0.recipientChecked(answer) }
                }
            case .readMessage:
                reader = MessageReader(limit: configuration.maximumMessageBytes)
                armTimer(configuration.dataTimeout)
            case .deliver(let mail):
                logger.debug(
                    "mail.received", ["bytes": .int(mail.bytes.count), "recipients": .int(mail.recipients.count)])
                wait { handler in
                    let answers = await handler.receive(mail)
                    return { $0.delivered(answers) }
                }
            case .close:
                isOver = true
                connection.close()
            }
        }
    }

    /// Stops reading until the handler has answered.
    private func wait(
        _ ask: @escaping @Sendable (any MailHandler) async -> @Sendable (inout SMTPSession) -> [SMTPSession.Action]
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

    private func resume(_ answer: (inout SMTPSession) -> [SMTPSession.Action]) {
        isWaiting = false
        letGo()
        guard !isOver else { return }
        perform(answer(&session))
        if isEnding { perform(session.goodbye("4.3.2", "is going down")) }
        guard !isOver else { return }
        armTimer(configuration.commandTimeout)
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
