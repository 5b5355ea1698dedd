internal import CLibEvent

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A connected byte stream on an event loop: TCP, Unix or TLS, read by callback and written into a bounded buffer.
///
/// Everything here is called on the loop. The connection holds itself from
/// ``start(onRead:onWritable:onEnd:onClose:)`` until it is closed; `onClose` is called exactly once, whoever ended it.
///
/// Plain sockets are read and written here, with one system call each; libevent tells when they are ready, and keeps
/// what the kernel does not take. A TLS session is read and written by libevent.
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
    /// Kept until the socket is closed, whoever owns the connection then: what counts connections is let go of here.
    package var attachment: AnyObject?
    private var buffer: OpaquePointer?
    private var onRead: ((UnsafeRawBufferPointer) -> Int)?
    private var onWritable: (() -> Void)?
    private var onEnd: (() -> Bool)?
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

    /// Tells when a plain socket has something to read.
    private var readEvent: OpaquePointer?
    private var isReading = false
    /// What was read from a plain socket and nobody has taken yet.
    private var pending: [UInt8] = []
    /// From so many bytes on that nobody takes, no more are read; zero for no limit.
    private var readLimit = 0
    private var isOverLimit = false
    /// A reader is being asked; what it leaves is not in `pending` yet.
    private var isOffering = false
    private var readTimeout: Duration?
    private var endsWriting = false

    /// Takes over a bufferevent of `loop`'s base.
    init(loop: EventLoop, adopting bufferEvent: OpaquePointer, remoteAddress: String) {
        self.loop = loop
        self.buffer = bufferEvent
        self.remoteAddress = remoteAddress
        isPlain = bufferevent_openssl_get_ssl(bufferEvent) == nil
        descriptor = bufferevent_getfd(bufferEvent)
    }

    deinit {
        // Only a connection that was never started gets here with its buffer; nobody else will close it.
        guard let buffer else { return }
        let address = UInt(bitPattern: buffer)
        loop.execute { bufferevent_free(OpaquePointer(bitPattern: address)) }
    }

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - onRead: Gets all bytes that wait and returns how many it took; the rest is offered again with what follows.
    ///   - onWritable: Called when the write buffer has run empty.
    ///   - onEnd: Called when the other side has said that it sends no more, and may still read: true to keep the
    ///     connection for what is to be written. Without it, and under TLS, that ends the connection.
    ///   - onClose: Called once, at the end.
    package func start(
        onRead: @escaping (UnsafeRawBufferPointer) -> Int,
        onWritable: @escaping () -> Void = {},
        onEnd: (() -> Bool)? = nil,
        onClose: @escaping (CloseReason) -> Void
    ) {
        loop.preconditionInLoop()
        guard let buffer, !isStarted else { return }
        isStarted = true
        self.onRead = onRead
        self.onWritable = onWritable
        self.onEnd = onEnd
        self.onClose = onClose
        // Balanced in `finish` and `detach`.
        let context = Unmanaged.passRetained(self).toOpaque()
        bufferevent_setcb(buffer, connectionReadable, connectionWritable, connectionEvent, context)
        joinQueue()
        isQueued = evbuffer_get_length(bufferevent_get_output(buffer)) > 0
        isBlocked = false
        setWaitsToWrite(!isPlain)
        if isQueued { flushSoon() }
        // Bytes that came before the takeover do not raise a callback by themselves; `resumeReading` offers them.
        resumeReading()
    }

    /// Gives up the callbacks, so that another owner can `start` the connection.
    ///
    /// What has come and was not taken waits for the next owner. Not from within `onRead`.
    package func detach() {
        loop.preconditionInLoop()
        guard let buffer, isStarted, !isClosing else { return }
        pauseReading()
        freeReadEvent()
        setReadLimit(0)
        bufferevent_setcb(buffer, nil, nil, nil, nil)
        onRead = nil
        onWritable = nil
        onEnd = nil
        onClose = nil
        isStarted = false
        Unmanaged.passUnretained(self).release()
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
        readTimeout = read
        // A plain socket is not read by libevent, and so has this limit with the event that waits for it.
        if isPlain, isReading { waitToRead() }
        let libeventRead = isPlain ? nil : read
        var readTime = libeventRead.map { timeval($0) } ?? timeval()
        var writeTime = write.map { timeval($0) } ?? timeval()
        withUnsafePointer(to: &readTime) { readTime in
            withUnsafePointer(to: &writeTime) { writeTime in
                _ = bufferevent_set_timeouts(
                    buffer, libeventRead == nil ? nil : readTime, write == nil ? nil : writeTime)
            }
        }
    }

    // MARK: Reading

    /// Stops reading, so that the sender feels the back-pressure.
    package func pauseReading() {
        guard let buffer else { return }
        if isPlain {
            if isReading { event_del(readEvent) }
            isReading = false
        } else {
            bufferevent_disable(buffer, Int16(EV_READ))
        }
    }

    /// Reads again, and offers what came before and was not taken.
    package func resumeReading() {
        guard let buffer, isStarted, !isClosing else { return }
        if !isPlain {
            bufferevent_enable(buffer, Int16(EV_READ))
        } else if !isReading, !isOverLimit {
            if readEvent == nil {
                readEvent = event_new(
                    loop.base, descriptor, Int16(EV_READ | EV_PERSIST), connectionReady,
                    Unmanaged.passUnretained(self).toOpaque())
            }
            isReading = true
            waitToRead()
        }
        if hasUnread || isOffering { loop.execute { self.offerUnread() } }
    }

    /// Reads no more while `bytes` or more wait that nobody has taken; zero for no limit.
    package func setReadLimit(_ bytes: Int) {
        readLimit = bytes
        if !isPlain, let buffer { bufferevent_setwatermark(buffer, Int16(EV_READ), 0, bytes) }
        if bytes == 0 { isOverLimit = false }
    }

    private func waitToRead() {
        guard let readTimeout else {
            event_add(readEvent, nil)
            return
        }
        var time = timeval(readTimeout)
        event_add(readEvent, &time)
    }

    private func freeReadEvent() {
        if let readEvent { event_free(readEvent) }
        readEvent = nil
        isReading = false
    }

    /// Whether something has come that nobody has taken; not from within `onRead`.
    package var hasUnread: Bool {
        guard let buffer else { return false }
        return isPlain ? !pending.isEmpty : evbuffer_get_length(bufferevent_get_input(buffer)) > 0
    }

    /// The plain socket can be read.
    fileprivate func ready(_ what: Int16) {
        guard isStarted, !isClosing else { return }
        guard Int32(what) & EV_TIMEOUT == 0 else { return finish(.timeout) }
        let scratch = loop.readBuffer
        let count = recv(descriptor, scratch.baseAddress, scratch.count, Int32(MSG_DONTWAIT))
        if count > 0 {
            deliver(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
        } else if count == 0 {
            // A socket that has ended is always ready to say so.
            pauseReading()
            ended(Int16(BEV_EVENT_EOF))
        } else if errno != EAGAIN, errno != EINTR {
            finish(.error(String(cString: strerror(errno))))
        }
    }

    private func deliver(_ bytes: UnsafeRawBufferPointer) {
        guard let onRead else { return }
        guard pending.isEmpty else {
            pending.append(contentsOf: bytes)
            return offerPending()
        }
        isOffering = true
        let taken = onRead(bytes)
        isOffering = false
        precondition(taken >= 0 && taken <= bytes.count, "a reader took more bytes than there were")
        guard taken < bytes.count, buffer != nil else { return }
        pending = Array(bytes[taken...])
        checkLimit()
    }

    private func offerPending() {
        guard let onRead else { return }
        // The array is lent, not copied: nothing else touches it while the reader looks at it.
        var lent: [UInt8] = []
        swap(&lent, &pending)
        isOffering = true
        let taken = lent.withUnsafeBytes { onRead($0) }
        isOffering = false
        precondition(taken >= 0 && taken <= lent.count, "a reader took more bytes than there were")
        guard buffer != nil else { return }
        if taken > 0 { lent.removeFirst(taken) }
        pending = lent.isEmpty ? [] : lent
        checkLimit()
    }

    private func checkLimit() {
        guard readLimit > 0 else { return }
        if pending.count >= readLimit {
            isOverLimit = true
            pauseReading()
        } else if isOverLimit {
            isOverLimit = false
            resumeReading()
        }
    }

    /// Offers what has come and was not taken; not from within `onRead`.
    package func offerUnread() {
        guard isStarted, !isClosing, hasUnread else { return }
        if isPlain { offerPending() } else { readable() }
    }

    /// Ends the connection.
    ///
    /// - Parameter afterFlush: Wait until the other side's kernel has taken what is in the buffer, for at most ten
    ///   seconds; otherwise what is unsent is dropped.
    package func close(afterFlush: Bool = true) {
        loop.preconditionInLoop()
        guard buffer != nil, !isClosing else { return }
        isClosing = true
        guard afterFlush, isStarted, unsentBytes > 0 else { return finish(.local) }
        if isPlain {
            flush()
            guard isBlocked else { return }
        }
        pauseReading()
        setTimeouts(read: nil, write: .seconds(10))
    }

    /// Tells the other side that nothing more comes, when what is written has left; reading goes on.
    package func endWriting() {
        guard buffer != nil else { return }
        endsWriting = true
        if unsentBytes == 0 { shutdown(descriptor, Int32(SHUT_WR)) }
    }

    /// libevent has read from a TLS session.
    fileprivate func readable() {
        while let buffer, let onRead, !isClosing {
            let input = bufferevent_get_input(buffer)
            let length = evbuffer_get_length(input)
            guard length > 0, let bytes = evbuffer_pullup(input, -1) else { return }
            let taken = onRead(UnsafeRawBufferPointer(start: bytes, count: length))
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
        if isClosing { return finish(.local) }
        if endsWriting { shutdown(descriptor, Int32(SHUT_WR)) }
        onWritable?()
    }

    fileprivate func ended(_ what: Int16) {
        let what = Int32(what)
        if isClosing {
            finish(.local)
        } else if what & BEV_EVENT_EOF != 0 {
            if isPlain, let onEnd, onEnd() { return }
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
        pending = []
        freeReadEvent()
        bufferevent_setcb(buffer, nil, nil, nil, nil)
        bufferevent_free(buffer)
        attachment = nil
        let onClose = self.onClose
        onRead = nil
        onWritable = nil
        onEnd = nil
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

private func connectionReady(_: Int32, _ what: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<StreamConnection>.fromOpaque(context).takeUnretainedValue().ready(what)
}
