internal import CWslay

/// Turns a byte stream into messages with wslay's event API, which checks what RFC 6455 asks for: masks, reserved bits,
/// fragments, lengths, UTF-8, close codes.
///
/// A decoder takes about 8 KiB, so that a silent connection has none: it borrows one while a message is coming in. See
/// `wslay/wslay.h`.
final class MessageDecoder {
    enum Message {
        case text(String)
        case binary([UInt8])
    }

    /// How the peer's bytes ended the conversation.
    enum Ending: Equatable {
        /// A close frame came.
        case closed(code: UInt16, reason: String)
        /// The peer broke the protocol; the code tells which rule.
        case failed(code: UInt16)
    }

    private var context: OpaquePointer?
    private var input = UnsafeRawBufferPointer(start: nil, count: 0)
    private var offset = 0
    private var onMessage: ((Message) -> Void)?
    private var isPaused: (() -> Bool)?
    private var output: [UInt8] = []
    private var ending: Ending?
    // Bytes given to wslay, and those of them that belong to frames whose header has been seen.
    private var given: UInt64 = 0
    private var accounted: UInt64 = 0
    private var framePayload: UInt64 = 0
    private var isInMessage = false
    private var closePayload: [UInt8] = []
    private var isInClose = false
    private let isServer: Bool

    init(isServer: Bool) {
        self.isServer = isServer
        var callbacks = wslay_event_callbacks()
        callbacks.recv_callback = decoderReceives
        callbacks.send_callback = decoderSends
        callbacks.genmask_callback = decoderMasks
        callbacks.on_frame_recv_start_callback = decoderFrameBegan
        callbacks.on_frame_recv_chunk_callback = decoderFrameGoesOn
        callbacks.on_frame_recv_end_callback = decoderFrameEnded
        callbacks.on_msg_recv_callback = decoderMessageEnded
        // wslay's only reference to the decoder ends with the context, in `deinit`.
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        let result =
            isServer
            ? wslay_event_context_server_init(&context, &callbacks, pointer)
            : wslay_event_context_client_init(&context, &callbacks, pointer)
        precondition(result == 0, "there is no memory for a WebSocket decoder")
    }

    deinit { wslay_event_context_free(context) }

    /// Whether nothing is kept for a message to come, so that any connection may use the decoder next.
    var isIdle: Bool { given == accounted && !isInMessage && ending == nil }

    /// Reads `bytes` as far as possible.
    ///
    /// - Parameters:
    ///   - isPaused: Asked before more bytes are taken.
    ///   - onMessage: Called for each whole message; must not call the decoder.
    /// - Returns: How many bytes were taken, what has to be sent (pongs, a close frame), and the end, if it has come.
    func decode(
        _ bytes: UnsafeRawBufferPointer, maximumMessageBytes: Int, isPaused: () -> Bool,
        onMessage: (Message) -> Void
    ) -> (taken: Int, output: [UInt8], ending: Ending?) {
        withoutActuallyEscaping(isPaused) { isPaused in
            withoutActuallyEscaping(onMessage) { onMessage in
                input = bytes
                offset = 0
                self.isPaused = isPaused
                self.onMessage = onMessage
                wslay_event_config_set_max_recv_msg_length(context, UInt64(maximumMessageBytes))
                let result = wslay_event_recv(context)
                if wslay_event_want_write(context) != 0 { _ = wslay_event_send(context) }
                if ending == nil, result != 0 || wslay_event_get_read_enabled(context) == 0 {
                    let sent = wslay_event_get_status_code_sent(context)
                    ending =
                        closeFrameRefusedByWslay()
                        ?? .failed(code: WebSocketClose.isValid(sent) ? sent : WebSocketClose.protocolError)
                }
                input = UnsafeRawBufferPointer(start: nil, count: 0)
                self.isPaused = nil
                self.onMessage = nil
            }
        }
        defer { output = [] }
        return (offset, output, ending)
    }

    /// wslay 1.1 knows the close codes of 2011; 1012 to 1014 were registered later.
    private func closeFrameRefusedByWslay() -> Ending? {
        guard isInClose, closePayload.count >= 2, UInt64(closePayload.count) == framePayload else { return nil }
        let code = UInt16(closePayload[0]) << 8 | UInt16(closePayload[1])
        guard (1012...1014).contains(code) else { return nil }
        return closed(code, closePayload.dropFirst(2))
    }

    private func closed(_ code: UInt16, _ reason: some Collection<UInt8>) -> Ending {
        // wslay skips two bytes of every piece that a reason comes in.
        guard let reason = String(validating: reason, as: UTF8.self) else { return .failed(code: 1007) }
        return .closed(code: code, reason: reason)
    }

    // MARK: Callbacks

    fileprivate func receive(_ buffer: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int? {
        let count = min(count, input.count - offset)
        guard count > 0, isPaused?() != true, let base = input.baseAddress else { return nil }
        UnsafeMutableRawPointer(buffer).copyMemory(from: base + offset, byteCount: count)
        offset += count
        given += UInt64(count)
        return count
    }

    fileprivate func send(_ bytes: UnsafeBufferPointer<UInt8>) { output.append(contentsOf: bytes) }

    fileprivate func frameBegan(opcode: UInt8, isFinal: Bool, payload: UInt64) {
        let length: UInt64 = payload < 126 ? 0 : payload <= 0xFFFF ? 2 : 8
        accounted &+= 2 + length + (isServer ? 4 : 0)
        framePayload = payload
        if opcode < 8 { isInMessage = !isFinal }
        isInClose = opcode == UInt8(WSLAY_CONNECTION_CLOSE.rawValue)
        closePayload = []
    }

    fileprivate func frameGoesOn(_ bytes: UnsafeBufferPointer<UInt8>) {
        if isInClose { closePayload.append(contentsOf: bytes) }
    }

    fileprivate func frameEnded() { accounted &+= framePayload }

    fileprivate func messageEnded(opcode: UInt8, bytes: UnsafeBufferPointer<UInt8>, code: UInt16) {
        switch UInt32(opcode) {
        case WSLAY_TEXT_FRAME.rawValue: onMessage?(.text(String(decoding: bytes, as: UTF8.self)))
        case WSLAY_BINARY_FRAME.rawValue: onMessage?(.binary(Array(bytes)))
        case WSLAY_CONNECTION_CLOSE.rawValue:
            // A code takes two bytes; wslay lets half of one pass.
            ending =
                bytes.count == 1
                ? .failed(code: WebSocketClose.protocolError)
                : closed(bytes.isEmpty ? WebSocketClose.noStatus : code, bytes.dropFirst(2))
        default: break
        }
    }
}

private func decoder(_ context: UnsafeMutableRawPointer?) -> MessageDecoder {
    guard let context else { preconditionFailure("wslay lost a callback's context") }
    return Unmanaged<MessageDecoder>.fromOpaque(context).takeUnretainedValue()
}

private func decoderReceives(
    _ wslay: OpaquePointer?, _ buffer: UnsafeMutablePointer<UInt8>?, _ count: Int, _: Int32,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    if let buffer, let taken = decoder(context).receive(buffer, count) { return taken }
    wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK.rawValue)
    return -1
}

private func decoderSends(
    _: OpaquePointer?, _ bytes: UnsafePointer<UInt8>?, _ count: Int, _: Int32, _ context: UnsafeMutableRawPointer?
) -> Int {
    decoder(context).send(UnsafeBufferPointer(start: bytes, count: count))
    return count
}

private func decoderMasks(
    _: OpaquePointer?, _ buffer: UnsafeMutablePointer<UInt8>?, _ count: Int, _: UnsafeMutableRawPointer?
) -> Int32 {
    for index in 0..<count { buffer?[index] = .random(in: 0...255) }
    return 0
}

private func decoderFrameBegan(
    _: OpaquePointer?, _ frame: UnsafePointer<wslay_event_on_frame_recv_start_arg>?,
    _ context: UnsafeMutableRawPointer?
) {
    guard let frame = frame?.pointee else { return }
    decoder(context).frameBegan(opcode: frame.opcode, isFinal: frame.fin != 0, payload: frame.payload_length)
}

private func decoderFrameGoesOn(
    _: OpaquePointer?, _ chunk: UnsafePointer<wslay_event_on_frame_recv_chunk_arg>?,
    _ context: UnsafeMutableRawPointer?
) {
    guard let chunk = chunk?.pointee else { return }
    decoder(context).frameGoesOn(UnsafeBufferPointer(start: chunk.data, count: chunk.data_length))
}

private func decoderFrameEnded(_: OpaquePointer?, _ context: UnsafeMutableRawPointer?) { decoder(context).frameEnded() }

private func decoderMessageEnded(
    _: OpaquePointer?, _ message: UnsafePointer<wslay_event_on_msg_recv_arg>?, _ context: UnsafeMutableRawPointer?
) {
    guard let message = message?.pointee else { return }
    decoder(context).messageEnded(
        opcode: message.opcode, bytes: UnsafeBufferPointer(start: message.msg, count: message.msg_length),
        code: message.status_code)
}
