internal import CLibEvent

/// Tells when a file descriptor that belongs to somebody else can be read or written.
///
/// For C libraries that own their sockets (libpq, hiredis, libcurl). Used on the loop only. The watcher must be
/// stopped before the descriptor is closed: epoll forgets a closed descriptor, and a new one may get its number.
package final class SocketWatcher: @unchecked Sendable {
    package struct Interest: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let read = Interest(rawValue: 1)
        package static let write = Interest(rawValue: 2)
    }

    private let loop: EventLoop
    private let descriptor: Int32
    private let onReady: @Sendable (Interest) -> Void
    private var event: OpaquePointer?
    private var interest: Interest = []

    /// - Parameter onReady: Called on the loop, level-triggered: as long as the descriptor is ready.
    package init(loop: EventLoop, descriptor: Int32, onReady: @escaping @Sendable (Interest) -> Void) {
        self.loop = loop
        self.descriptor = descriptor
        self.onReady = onReady
    }

    deinit { precondition(event == nil, "a socket watcher was dropped while it was watching") }

    /// Watches for exactly `wanted` from now on; an empty set stops it.
    package func watch(_ wanted: Interest) {
        loop.preconditionInLoop()
        guard wanted != interest else { return }
        if let event {
            event_free(event)
            self.event = nil
        }
        interest = wanted
        guard !wanted.isEmpty else { return }
        var flags = EV_PERSIST
        if wanted.contains(.read) { flags |= EV_READ }
        if wanted.contains(.write) { flags |= EV_WRITE }
        event = event_new(
            loop.base, descriptor, Int16(flags), socketReady, Unmanaged.passUnretained(self).toOpaque())
        event_add(event, nil)
    }

    package func stop() { watch([]) }

    fileprivate func ready(_ flags: Int16) {
        var interest: Interest = []
        if Int32(flags) & EV_READ != 0 { interest.insert(.read) }
        if Int32(flags) & EV_WRITE != 0 { interest.insert(.write) }
        // What is called may stop this watcher and drop its last reference.
        withExtendedLifetime(self) { onReady(interest) }
    }
}

private func socketReady(_: Int32, _ flags: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<SocketWatcher>.fromOpaque(context).takeUnretainedValue().ready(flags)
}
