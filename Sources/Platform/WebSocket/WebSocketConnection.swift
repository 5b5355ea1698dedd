package import EventLoop

/// One end of a WebSocket connection (RFC 6455), on its loop.
///
/// Callbacks run on the loop, one at a time. Sending and closing are allowed from any thread; what is called on the
/// loop happens at once, the rest soon, in order. After the end, sending does nothing. `onClose` is called exactly once.
package final class WebSocketConnection: @unchecked Sendable {
    // One word, since nearly all connections are open and nearly all memory is theirs.
    private indirect enum State {
        case open
        /// A close frame has been sent, and `outcome` will be told, at the latest at `deadline`.
        case closing(outcome: WebSocketClose, deadline: ContinuousClock.Instant)
        case closed(WebSocketClose)
    }

    package var loop: EventLoop { stream.loop }
    package var remoteAddress: String { stream.remoteAddress }
    package let limits: WebSocketLimits
    /// What both sides agreed to speak, if anything was offered.
    package let subprotocol: String?
    private let stream: StreamConnection
    private let isServer: Bool
    private let shared: WebSocketLoop
    // Touched on the loop only.
    private var state = State.open
    private var decoder: MessageDecoder?
    private var hasFailed = false
    private var isPaused = false
    private var heardAt: ContinuousClock.Instant
    private var pingSentAt: ContinuousClock.Instant?
    private var onText: ((String) -> Void)?
    private var onBinary: (([UInt8]) -> Void)?
    private var onClose: ((WebSocketClose) -> Void)?
    private var isStarted = false

    /// Takes over a stream on which the handshake is over; on its loop.
    init(stream: StreamConnection, isServer: Bool, limits: WebSocketLimits, subprotocol: String?) {
        self.stream = stream
        self.isServer = isServer
        self.limits = limits
        self.subprotocol = subprotocol
        shared = WebSocketLoop.of(stream.loop)
        heardAt = .now
    }

    /// Begins to read; to be called on the loop, once.
    ///
    /// - Parameters:
    ///   - onText: Gets each whole text message, which is valid UTF-8.
    ///   - onClose: Called once, when the connection is gone.
    package func start(
        onText: @escaping (String) -> Void, onBinary: @escaping ([UInt8]) -> Void,
        onClose: @escaping (WebSocketClose) -> Void
    ) {
        loop.preconditionInLoop()
        precondition(!isStarted, "a WebSocket connection was started twice")
        isStarted = true
        if case .closed(let outcome) = state { return onClose(outcome) }
        self.onText = onText
        self.onBinary = onBinary
        self.onClose = onClose
        heardAt = .now
        shared.add(self)
        attach()
    }

    // The stream holds `self` from here to its end, and `shared` does too.
    private func attach() {
        stream.start(
            onRead: { self.received($0) }, onClose: { self.streamEnded($0) })
        // What was agreed on while the handshake was read may have stopped the reading.
        if isPaused { stream.pauseReading() } else { stream.resumeReading() }
    }

    // MARK: Sending

    package func send(text: String) { sendFrame(.text, Array(text.utf8)) }

    package func send(binary: [UInt8]) { sendFrame(.binary, binary) }

    /// Sends a frame of ``WebSocketFrame`` that other connections may share; on a server's connection only.
    package func send(frame: SharedBytes) {
        precondition(isServer, "a client's frames have masks of their own")
        guard loop.isCurrent else { return loop.execute { self.send(frame: frame) } }
        guard case .open = state else { return }
        stream.write(frame)
        checkUnsent()
    }

    /// Bytes that wait for the receiver; to be asked on the loop.
    package var unsentBytes: Int { stream.unsentBytes }

    /// Whether messages can still be sent; to be asked on the loop.
    package var isOpen: Bool { if case .open = state { true } else { false } }

    private func sendFrame(_ opcode: WebSocketFrame.Opcode, _ payload: [UInt8]) {
        guard loop.isCurrent else { return loop.execute { self.sendFrame(opcode, payload) } }
        guard case .open = state else { return }
        write(opcode, payload)
        checkUnsent()
    }

    private func write(_ opcode: WebSocketFrame.Opcode, _ payload: [UInt8]) {
        stream.write(WebSocketFrame.encode(opcode, payload, mask: isServer ? nil : .random(in: .min ... .max)))
    }

    private func checkUnsent() {
        guard stream.unsentBytes > limits.maximumUnsentBytes else { return }
        beginClose(code: limits.slowReceiverCode, reason: "too slow")
    }

    // MARK: Closing

    /// Sends a close frame and waits for the peer's, for at most ``WebSocketLimits/closeTimeout``.
    ///
    /// - Parameter code: 1000…1003, 1007…1014 or 3000…4999.
    package func close(code: UInt16 = 1000, reason: String = "") {
        precondition(WebSocketClose.isValid(code), "\(code) cannot stand in a close frame")
        guard loop.isCurrent else { return loop.execute { self.close(code: code, reason: reason) } }
        beginClose(code: code, reason: reason)
    }

    private func beginClose(code: UInt16, reason: String) {
        guard case .open = state else { return }
        // Only a stream that is read from sends what it holds, and sees the peer's answer.
        if !isStarted { start(onText: { _ in }, onBinary: { _ in }, onClose: { _ in }) }
        guard case .open = state else { return }
        write(.close, WebSocketFrame.closePayload(code: code, reason: reason))
        wait(WebSocketClose(code: code, reason: reason, isRemote: false), limits.closeTimeout)
        if isPaused { stream.resumeReading() }
    }

    private func wait(_ outcome: WebSocketClose, _ time: Duration) {
        state = .closing(outcome: outcome, deadline: .now + time)
    }

    /// Tells the outcome and lets the connection go.
    private func end(_ outcome: WebSocketClose, isFlushing: Bool = true) {
        if case .closed = state { return }
        state = .closed(outcome)
        shared.remove(self)
        decoder = nil
        let onClose = self.onClose
        onText = nil
        onBinary = nil
        self.onClose = nil
        stream.close(afterFlush: isFlushing)
        onClose?(outcome)
    }

    func streamEnded(_ reason: StreamConnection.CloseReason) {
        if case .closing(let outcome, _) = state { return end(outcome) }
        let text =
            switch reason {
            case .remote: "the connection ended without a close frame"
            case .local, .timeout: "the connection was given up"
            case .error(let message): message
            }
        end(WebSocketClose(code: WebSocketClose.abnormal, reason: text, isRemote: true))
    }

    // MARK: Receiving

    /// Stops delivering messages, so that the peer feels the back-pressure; a few that have come may still follow.
    package func pauseReading() {
        guard loop.isCurrent else { return loop.execute { self.pauseReading() } }
        guard !isPaused, case .open = state else { return }
        isPaused = true
        if isStarted { stream.pauseReading() }
    }

    package func resumeReading() {
        guard loop.isCurrent else { return loop.execute { self.resumeReading() } }
        guard isPaused else { return }
        isPaused = false
        heardAt = .now
        if isStarted { stream.resumeReading() }
    }

    /// Takes what has come on the stream.
    func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        heardAt = shared.now
        pingSentAt = nil
        if case .closed = state { return bytes.count }
        // After a breach there is nothing left to understand; the rest is read so that our close frame arrives.
        guard !hasFailed else { return bytes.count }
        let decoder = self.decoder ?? shared.borrowDecoder(isServer: isServer)
        self.decoder = decoder
        let (taken, output, ending) = decoder.decode(
            bytes, maximumMessageBytes: limits.maximumMessageBytes, isPaused: { self.isPaused && self.isOpen },
            onMessage: { self.deliver($0) })
        if decoder.isIdle, self.decoder != nil {
            shared.giveBack(decoder, isServer: isServer)
            self.decoder = nil
        }
        if let ending {
            finish(ending)
        } else if case .open = state, !output.isEmpty {
            stream.write(output)
            checkUnsent()
        }
        return taken
    }

    private func deliver(_ message: MessageDecoder.Message) {
        guard case .open = state else { return }
        switch message {
        case .text(let text): onText?(text)
        case .binary(let bytes): onBinary?(bytes)
        }
    }

    private func finish(_ ending: MessageDecoder.Ending) {
        decoder = nil
        hasFailed = true
        switch (ending, state) {
        case (.closed, .closing(let outcome, _)):
            end(outcome)
        case (.closed(let code, let reason), .open):
            // The same code goes back, as wslay would do it for the codes that it knows.
            write(
                .close, code == WebSocketClose.noStatus ? [] : WebSocketFrame.closePayload(code: code, reason: reason))
            end(WebSocketClose(code: code, reason: reason, isRemote: true))
        case (.failed(let code), .open):
            let reason = "the peer broke the protocol"
            write(.close, WebSocketFrame.closePayload(code: code, reason: reason))
            // Its answer could not be told from the rest; our frame gets the time to arrive.
            wait(WebSocketClose(code: code, reason: reason, isRemote: false), min(limits.closeTimeout, .seconds(1)))
        case (.failed, .closing), (_, .closed):
            break
        }
    }

    // MARK: Silence

    /// Called by the loop's clock.
    func tick(_ now: ContinuousClock.Instant) {
        switch state {
        case .closing(let outcome, let deadline):
            if now >= deadline { end(outcome, isFlushing: false) }
        case .open where isPaused:
            // Nobody listens: silence tells nothing.
            heardAt = now
            pingSentAt = nil
        case .open:
            if let pingSentAt {
                guard now - pingSentAt >= limits.pongTimeout else { return }
                let outcome = WebSocketClose(
                    code: WebSocketClose.abnormal, reason: "the peer gave no sign of life", isRemote: false)
                end(outcome, isFlushing: false)
            } else if now - heardAt >= limits.pingInterval {
                pingSentAt = now
                write(.ping, [])
            }
        case .closed: break
        }
    }
}
