internal import CLibEvent

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A connected byte stream on an event loop: TCP, Unix or TLS, read by callback and written into a bounded buffer.
///
/// Everything here is called on the loop. The connection holds itself from ``start(onRead:onWritable:onClose:)`` until
/// it is closed; `onClose` is called exactly once, whoever ended it.
package final class StreamConnection: @unchecked Sendable {
    /// Why a connection ended.
    package enum CloseReason: Sendable, Equatable {
        /// The other side closed.
        case remote
        /// ``StreamConnection/close(afterFlush:)`` was called.
        case local
        /// A read or write took longer than allowed.
        case timeout
        /// The system or TLS reported an error.
        case error(String)
    }

    package let loop: EventLoop
    /// The other side's address as text, without the port; `unix` for a Unix socket.
    package let remoteAddress: String
    private var buffer: OpaquePointer?
    private let onFree: (@Sendable () -> Void)?
    private var onRead: ((UnsafeRawBufferPointer) -> Int)?
    private var onWritable: (() -> Void)?
    private var onClose: ((CloseReason) -> Void)?
    private var isClosing = false
    private var isStarted = false
    /// Whether bytes go straight to the socket; a TLS session has to be written to by libevent.
    private let isPlain: Bool
    private let descriptor: Int32
    /// Whether libevent's buffer may hold something; to ask it costs a look at cold memory for each frame.
    private var isQueued = true
    private var isFlushPending = false
    /// A block that has the write buffer before it to itself; it goes to the socket without a way through libevent.
    private var lone: SharedBytes?
    /// The kernel takes no more; libevent sends the rest when it does.
    private var isBlocked = false

    /// Takes over a bufferevent.
    ///
    /// - Parameters:
    ///   - bufferEvent: A bufferevent of `loop`'s base, by its address.
    ///   - onFree: Frees the bufferevent in its owner's way; when nil the connection frees it itself.
    package init(
        loop: EventLoop, adopting bufferEvent: OpaquePointer, remoteAddress: String,
        onFree: (@Sendable () -> Void)? = nil
    ) {
        self.loop = loop
        self.buffer = bufferEvent
        self.remoteAddress = remoteAddress
        self.onFree = onFree
        isPlain = bufferevent_openssl_get_ssl(bufferEvent) == nil
        descriptor = bufferevent_getfd(bufferEvent)
    }

    deinit {
        // Only a connection that was never started gets here with its buffer; nobody else will close it.
        guard let buffer else { return }
        let address = UInt(bitPattern: buffer)
        let onFree = onFree
        loop.execute {
            if let onFree { onFree() } else { bufferevent_free(OpaquePointer(bitPattern: address)) }
        }
    }

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - onRead: Gets all bytes that wait and returns how many it took; the rest is offered again with what follows.
    ///   - onWritable: Called when the write buffer has run empty.
    ///   - onClose: Called once, at the end.
    package func start(
        onRead: @escaping (UnsafeRawBufferPointer) -> Int,
        onWritable: @escaping () -> Void = {},
        onClose: @escaping (CloseReason) -> Void
    ) {
        loop.preconditionInLoop()
        guard let buffer, !isStarted else { return }
        isStarted = true
        self.onRead = onRead
        self.onWritable = onWritable
        self.onClose = onClose
        // Balanced in `finish`.
        let context = Unmanaged.passRetained(self).toOpaque()
        bufferevent_setcb(buffer, connectionReadable, connectionWritable, connectionEvent, context)
        bufferevent_enable(buffer, Int16(EV_READ))
        isBlocked = unsentBytes > 0
        isQueued = isBlocked
        setWaitsToWrite(!isPlain || isBlocked)
        // Bytes that came before the takeover do not raise a callback by themselves.
        if evbuffer_get_length(bufferevent_get_input(buffer)) > 0 {
            loop.execute { self.readable() }
        }
    }

    /// Bytes that were written but have not left for the kernel.
    package var unsentBytes: Int {
        guard let buffer else { return 0 }
        return isQueued ? evbuffer_get_length(bufferevent_get_output(buffer)) : lone?.count ?? 0
    }

    package var isOpen: Bool { buffer != nil && !isClosing }

    /// Appends a copy of `bytes` to the write buffer.
    package func write(_ bytes: UnsafeRawBufferPointer) {
        guard isOpen, let buffer, let base = bytes.baseAddress else { return }
        joinQueue()
        isQueued = true
        bufferevent_write(buffer, base, bytes.count)
        flushSoon()
    }

    package func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { write($0) }
    }

    package func write(_ text: String) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    /// Appends `bytes` without copying them; one block of memory can wait in the buffers of many connections.
    package func write(_ bytes: SharedBytes) {
        guard isOpen, let buffer else { return }
        if isPlain, isStarted, lone == nil, !isQueued {
            lone = bytes
        } else {
            joinQueue()
            isQueued = true
            bytes.append(to: bufferevent_get_output(buffer))
        }
        flushSoon()
    }

    /// Puts the lone block where others can stand behind it.
    private func joinQueue(from offset: Int = 0) {
        guard let lone, let buffer else { return }
        self.lone = nil
        isQueued = true
        lone.append(to: bufferevent_get_output(buffer), from: offset)
    }

    private func flushSoon() {
        guard isPlain, isStarted, !isFlushPending, !isBlocked else { return }
        isFlushPending = true
        loop.flushAtEndOfTurn(self)
    }

    /// Sends what is in the write buffer as far as the kernel takes it.
    func flush() {
        isFlushPending = false
        guard let buffer, !isBlocked, lone != nil || isQueued else { return }
        if let lone {
            let sent = lone.bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
            }
            guard sent < lone.count else {
                self.lone = nil
                return writable()
            }
            joinQueue(from: max(0, sent))
        }
        let output = bufferevent_get_output(buffer)
        // A bufferevent keeps its output's front frozen against others.
        evbuffer_unfreeze(output, 1)
        _ = evbuffer_write(output, descriptor)
        evbuffer_freeze(output, 1)
        if unsentBytes == 0 { return writable() }
        // The kernel is full, or the connection is gone, which libevent finds out and tells.
        isBlocked = true
        setWaitsToWrite(true)
    }

    private func setWaitsToWrite(_ isWaiting: Bool) {
        guard let buffer else { return }
        if isWaiting {
            bufferevent_enable(buffer, Int16(EV_WRITE))
        } else {
            bufferevent_disable(buffer, Int16(EV_WRITE))
        }
    }

    /// Limits how long the connection may stay silent in each direction; nil for no limit.
    package func setTimeouts(read: Duration?, write: Duration?) {
        guard let buffer else { return }
        var readTime = read.map { timeval($0) } ?? timeval()
        var writeTime = write.map { timeval($0) } ?? timeval()
        withUnsafePointer(to: &readTime) { readTime in
            withUnsafePointer(to: &writeTime) { writeTime in
                _ = bufferevent_set_timeouts(
                    buffer, read == nil ? nil : readTime, write == nil ? nil : writeTime)
            }
        }
    }

    /// Stops reading, so that the sender feels the back-pressure.
    package func pauseReading() {
        if let buffer { bufferevent_disable(buffer, Int16(EV_READ)) }
    }

    package func resumeReading() {
        guard let buffer, !isClosing else { return }
        bufferevent_enable(buffer, Int16(EV_READ))
        if evbuffer_get_length(bufferevent_get_input(buffer)) > 0 {
            loop.execute { self.readable() }
        }
    }

    /// Ends the connection.
    ///
    /// - Parameter afterFlush: Wait until the other side's kernel has taken what is in the buffer, for at most ten
    ///   seconds; otherwise what is unsent is dropped.
    package func close(afterFlush: Bool = true) {
        loop.preconditionInLoop()
        guard let buffer, !isClosing else { return }
        isClosing = true
        guard afterFlush, isStarted, unsentBytes > 0 else { return finish(.local) }
        if isPlain {
            flush()
            guard isBlocked else { return }
        }
        bufferevent_disable(buffer, Int16(EV_READ))
        setTimeouts(read: nil, write: .seconds(10))
    }

    fileprivate func readable() {
        while let buffer, !isClosing {
            let input = bufferevent_get_input(buffer)
            let length = evbuffer_get_length(input)
            guard length > 0, let bytes = evbuffer_pullup(input, -1) else { return }
            let taken = onRead?(UnsafeRawBufferPointer(start: bytes, count: length)) ?? length
            guard self.buffer != nil else { return }
            precondition(taken >= 0 && taken <= length, "a reader took more bytes than there were")
            evbuffer_drain(input, taken)
            if taken < length || taken == 0 { return }
        }
    }

    fileprivate func writable() {
        if isPlain, isBlocked {
            isBlocked = false
            setWaitsToWrite(false)
        }
        isQueued = false
        if isClosing {
            finish(.local)
        } else {
            onWritable?()
        }
    }

    fileprivate func ended(_ what: Int16) {
        let what = Int32(what)
        if isClosing {
            finish(.local)
        } else if what & BEV_EVENT_EOF != 0 {
            finish(.remote)
        } else if what & BEV_EVENT_TIMEOUT != 0 {
            finish(.timeout)
        } else if what & BEV_EVENT_ERROR != 0 {
            let code = errno
            finish(.error(code == 0 ? "the TLS session failed" : String(cString: strerror(code))))
        }
    }

    private func finish(_ reason: CloseReason) {
        guard let buffer else { return }
        self.buffer = nil
        lone = nil
        isClosing = true
        bufferevent_setcb(buffer, nil, nil, nil, nil)
        if let onFree { onFree() } else { bufferevent_free(buffer) }
        let onClose = self.onClose
        onRead = nil
        onWritable = nil
        self.onClose = nil
        onClose?(reason)
        if isStarted { Unmanaged.passUnretained(self).release() }
    }
}

private func connectionReadable(_: OpaquePointer?, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    let connection = Unmanaged<StreamConnection>.fromOpaque(context).takeUnretainedValue()
    connection.readable()
}

private func connectionWritable(_: OpaquePointer?, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    let connection = Unmanaged<StreamConnection>.fromOpaque(context).takeUnretainedValue()
    connection.writable()
}

private func connectionEvent(_: OpaquePointer?, _ what: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    let connection = Unmanaged<StreamConnection>.fromOpaque(context).takeUnretainedValue()
    connection.ended(what)
}
