#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Reads a ``ProxyHeader`` off a socket that was just accepted, and not a byte more: what follows may be TLS.
///
/// Touched on its loop only; lives until it has called back.
final class ProxyGreeting: @unchecked Sendable {
    /// What the header may take to arrive.
    private static let patience: Duration = .seconds(10)

    private let descriptor: Int32
    private let loop: EventLoop
    private let onEnd: (ProxyHeader?) -> Void
    private var bytes: [UInt8] = []
    private var watcher: SocketWatcher?
    private var timer: Timer?

    /// - Parameter onEnd: Called once, with nil when no header came; the descriptor is the caller's.
    init(_ descriptor: Int32, on loop: EventLoop, onEnd: @escaping (ProxyHeader?) -> Void) {
        self.descriptor = descriptor
        self.loop = loop
        self.onEnd = onEnd
    }

    func start() {
        let watcher = SocketWatcher(loop: loop, descriptor: descriptor) { _ in self.read() }
        self.watcher = watcher
        timer = loop.schedule(after: Self.patience) { self.end(nil) }
        watcher.watch(.read)
    }

    private func read() {
        guard watcher != nil else { return }
        var piece = [UInt8](repeating: 0, count: 4 << 10)
        let peeked = recv(descriptor, &piece, piece.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        guard peeked > 0 else {
            if peeked == 0 || (errno != EAGAIN && errno != EINTR) { end(nil) }
            return
        }
        let all = bytes + piece[..<peeked]
        switch ProxyHeader.read(all) {
        case .needsMore:
            // All of it belongs to the header.
            recv(descriptor, &piece, peeked, Int32(MSG_DONTWAIT))
            bytes = all
        case .header(let header):
            recv(descriptor, &piece, header.count - bytes.count, Int32(MSG_DONTWAIT))
            end(header)
        case .invalid: end(nil)
        }
    }

    private func end(_ header: ProxyHeader?) {
        guard let watcher else { return }
        watcher.stop()
        self.watcher = nil
        timer?.cancel()
        timer = nil
        onEnd(header)
    }
}
