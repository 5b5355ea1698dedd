import EventLoop

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A TCP connection to this machine that costs as little as the kernel allows; used on its loop alone.
///
/// It reads into a buffer that all connections of the loop share and writes at once, so that thousands of them are
/// served by one core.
final class LoadSocket: @unchecked Sendable {
    private let owner: LoadLoop
    private var descriptor: Int32 = -1
    private var watcher: SocketWatcher?
    private var unsent: [UInt8] = []
    private var onConnected: (((any Error)?) -> Void)?
    private var onRead: ((UnsafeRawBufferPointer) -> Void)?
    private var onClose: (() -> Void)?

    init(_ owner: LoadLoop) { self.owner = owner }

    /// Who gives up half-way through a protocol's beginning drops the connection, and does so on the loop.
    deinit { close() }

    var isOpen: Bool { watcher != nil }

    /// - Parameters:
    ///   - onRead: Gets what came; nothing is kept for it.
    ///   - onClose: Called once when the other side ends the connection, not after ``close()``.
    func connect(
        to port: UInt16, onRead: @escaping (UnsafeRawBufferPointer) -> Void, onClose: @escaping () -> Void
    ) async throws {
        owner.loop.preconditionInLoop()
        self.onRead = onRead
        self.onClose = onClose
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            onConnected = { error in
                if let error { continuation.resume(throwing: error) } else { continuation.resume() }
            }
            begin(port)
        }
    }

    private func begin(_ port: UInt16) {
        #if canImport(Glibc)
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        #else
        descriptor = socket(AF_INET, SOCK_STREAM, 0)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        #endif
        guard descriptor >= 0 else { return connected(LoadError("cannot open a socket: \(Self.message())")) }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        #if os(Linux)
        // The port is chosen when it connects, so that it only has to be unused towards this server.
        setsockopt(descriptor, Int32(IPPROTO_IP), 24, &on, socklen_t(MemoryLayout<Int32>.size))
        var source = Self.address(host: owner.nextSource(), port: 0)
        _ = Self.withAddress(&source) { bind(descriptor, $0, $1) }
        #endif
        var target = Self.address(host: 1, port: port)
        let result = Self.withAddress(&target) { Self.connect(descriptor, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else {
            return connected(LoadError("cannot connect to port \(port): \(Self.message())"))
        }
        let watcher = SocketWatcher(loop: owner.loop, descriptor: descriptor) { [unowned self] in self.ready($0) }
        self.watcher = watcher
        watcher.watch(.write)
    }

    func write(_ bytes: [UInt8]) {
        guard watcher != nil else { return }
        guard unsent.isEmpty else {
            unsent += bytes
            return
        }
        let sent = bytes.withUnsafeBytes { Self.send(descriptor, $0) }
        if sent < bytes.count {
            unsent = Array(bytes[max(0, sent)...])
            watcher?.watch([.read, .write])
        }
    }

    func close() {
        guard let watcher else {
            if descriptor >= 0 { _ = Self.close(descriptor) }
            descriptor = -1
            return
        }
        watcher.stop()
        self.watcher = nil
        _ = Self.close(descriptor)
        descriptor = -1
        onRead = nil
        onClose = nil
    }

    private func ready(_ interest: SocketWatcher.Interest) {
        if onConnected != nil {
            var code: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
            return connected(code == 0 ? nil : LoadError("cannot connect: \(String(cString: strerror(code)))"))
        }
        if interest.contains(.write), !unsent.isEmpty { flush() }
        if interest.contains(.read) { receive() }
    }

    private func connected(_ error: LoadError?) {
        let onConnected = onConnected
        self.onConnected = nil
        if error != nil { close() } else { watcher?.watch(.read) }
        onConnected?(error)
    }

    private func receive() {
        let count = read(descriptor, owner.buffer.baseAddress, owner.buffer.count)
        if count > 0 {
            onRead?(UnsafeRawBufferPointer(rebasing: owner.buffer[..<count]))
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            let onClose = onClose
            close()
            onClose?()
        }
    }

    private func flush() {
        let sent = unsent.withUnsafeBytes { Self.send(descriptor, $0) }
        unsent.removeFirst(max(0, sent))
        if unsent.isEmpty { watcher?.watch(.read) }
    }

    // MARK: System calls

    private static func message() -> String { String(cString: strerror(errno)) }

    private static func close(_ descriptor: Int32) -> Int32 {
        #if canImport(Glibc)
        Glibc.close(descriptor)
        #else
        Darwin.close(descriptor)
        #endif
    }

    private static func connect(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
        #if canImport(Glibc)
        Glibc.connect(descriptor, address, length)
        #else
        Darwin.connect(descriptor, address, length)
        #endif
    }

    private static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #else
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }

    private static func address(host: UInt8, port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = (0x7F00_0000 | UInt32(host)).bigEndian
        return address
    }

    private static func withAddress(
        _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// A load could not be put on.
package struct LoadError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
