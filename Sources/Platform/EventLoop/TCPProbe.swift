import Dispatch

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Whether somebody answers at an address, and with what line if they speak first.
package struct TCPProbe: Sendable {
    /// Why nobody did.
    package struct Failure: Error, CustomStringConvertible { package let description: String }

    /// The most bytes of a greeting.
    private static let longest = 512

    private let address: SocketAddress
    /// For the connection and for the greeting, each.
    private let limit: Duration

    package init(address: SocketAddress, limit: Duration = .seconds(4)) {
        self.address = address
        self.limit = limit
    }

    /// - Parameter greets: Whether to wait for a line.
    /// - Returns: The line; empty when none is waited for.
    package func run(greets: Bool) async throws -> String {
        // The look-up of a name blocks its thread.
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try connect(greets: greets) })
            }
        }
    }

    private func connect(greets: Bool) throws -> String {
        let milliseconds = Int32(clamping: Int64(limit / .milliseconds(1)))
        let targets: [ResolvedAddress]
        do { targets = try address.resolve(passive: false) } catch { throw Failure(description: error.message) }
        var reason = "the name has no address"
        for target in targets.prefix(4) {
            let descriptor = socket(target.family, Self.streamType, 0)
            guard descriptor >= 0 else { throw Failure(description: String(cString: strerror(errno))) }
            defer { close(descriptor) }
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            let result = target.withSockaddr { sysConnect(descriptor, $0, socklen_t($1)) }
            if result != 0, errno != EINPROGRESS {
                reason = String(cString: strerror(errno))
                continue
            }
            guard Self.wait(descriptor, Int16(POLLOUT), milliseconds) else {
                reason = "no answer within \(limit.components.seconds) seconds"
                continue
            }
            var code: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
            guard code == 0 else {
                reason = String(cString: strerror(code))
                continue
            }
            return greets ? try greeting(descriptor, milliseconds) : ""
        }
        throw Failure(description: reason)
    }

    private func greeting(_ descriptor: Int32, _ milliseconds: Int32) throws -> String {
        guard Self.wait(descriptor, Int16(POLLIN), milliseconds) else {
            throw Failure(description: "connected, but no greeting within \(limit.components.seconds) seconds")
        }
        var bytes = [UInt8](repeating: 0, count: Self.longest)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { throw Failure(description: "the connection was closed without a greeting") }
        return String(decoding: bytes.prefix(count).prefix { $0 != 0x0D && $0 != 0x0A }, as: UTF8.self)
    }

    private static func wait(_ descriptor: Int32, _ events: Int16, _ milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }

    #if canImport(Glibc)
    private static let streamType = Int32(SOCK_STREAM.rawValue)
    #else
    private static let streamType = SOCK_STREAM
    #endif
}

private func sysConnect(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(descriptor, address, length)
}
