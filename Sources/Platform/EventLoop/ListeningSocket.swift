#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A socket that listens at an address that nobody else has.
///
/// A port that somebody listens on is refused by the system. Of a Unix path only a socket at which nobody answers is
/// replaced, which is what a server that was killed leaves behind; a file, a folder or a living server's socket stays.
package struct ListeningSocket: Sendable {
    package let descriptor: Int32
    /// The address in use; with port 0 in the request, the port that the system chose.
    package let address: SocketAddress
    /// Which file is ours: by the time we leave, the path may be another's.
    private let file: FileIdentity?

    /// - Throws: ``SocketError`` that says who or what is in the way.
    package init(_ address: SocketAddress) throws(SocketError) {
        guard let target = try address.resolve(passive: true).first else {
            throw SocketError(operation: "listen on", address: address, message: "the name has no address")
        }
        if case .unix(let path) = address {
            let lock = try FolderLock(around: path, for: address)
            defer { lock.release() }
            try Self.makeRoom(at: path, for: address)
            (descriptor, self.address) = try Self.open(target, address)
            file = FileIdentity(path)
        } else {
            (descriptor, self.address) = try Self.open(target, address)
            file = nil
        }
    }

    /// Whether `address` could be had now; it is given back at once.
    package static func check(_ address: SocketAddress) throws(SocketError) { try ListeningSocket(address).close() }

    /// Closes the socket, and removes its file.
    package func close() {
        if case .unix(let path) = address, let file, FileIdentity(path) == file { unlink(path) }
        _ = sysClose(descriptor)
    }

    private static func open(
        _ target: ResolvedAddress, _ address: SocketAddress
    ) throws(SocketError) -> (Int32, SocketAddress) {
        let descriptor = sysSocket(target.family)
        func fail() -> SocketError {
            let message = String(cString: strerror(errno))
            if descriptor >= 0 { _ = sysClose(descriptor) }
            return SocketError(operation: "listen on", address: address, message: message)
        }
        guard descriptor >= 0 else { throw fail() }
        if target.family != AF_UNIX {
            // Connections of a server before us that are not quite over must not hold up the next; a server that
            // listens still does.
            var on: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout.size(ofValue: on)))
            // Connections inherit it from the socket that accepts them.
            StreamConnection.sendAtOnce(descriptor)
        }
        let bound = target.withSockaddr { sysBind(descriptor, $0, socklen_t($1)) }
        guard bound == 0, sysListen(descriptor, 1024) == 0 else { throw fail() }
        guard case .tcp(let host, 0) = address else { return (descriptor, address) }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout.size(ofValue: storage))
        let port = withUnsafeMutableBytes(of: &storage) { raw in
            _ = raw.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress!, &length) }
            // The port lies at the same place in sockaddr_in and sockaddr_in6.
            return UInt16(bigEndian: raw.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
        return (descriptor, .tcp(host: host, port: port))
    }

    /// Removes the socket of a server that is no more.
    private static func makeRoom(at path: String, for address: SocketAddress) throws(SocketError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw SocketError(operation: "listen on", address: address, message: "there is a file that is no socket")
        }
        guard let target = try address.resolve(passive: false).first else { return }
        let probe = sysSocket(AF_UNIX)
        guard probe >= 0 else {
            throw SocketError(operation: "listen on", address: address, message: String(cString: strerror(errno)))
        }
        defer { _ = sysClose(probe) }
        let connected = target.withSockaddr { connect(probe, $0, socklen_t($1)) }
        // Full queues and other people's sockets are somebody's, too.
        guard connected != 0, errno == ECONNREFUSED || errno == ENOENT else {
            throw SocketError(operation: "listen on", address: address, message: String(cString: strerror(EADDRINUSE)))
        }
        unlink(path)
    }
}

/// Keeps two servers that start at once from taking each other's socket for a stale one.
private struct FolderLock {
    private let descriptor: Int32

    init(around path: String, for address: SocketAddress) throws(SocketError) {
        let end = path.lastIndex(of: "/")
        let folder = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw SocketError(operation: "listen on", address: address, message: String(cString: strerror(errno)))
        }
        // Held for a few system calls; a file system without locks goes without.
        flock(descriptor, LOCK_EX)
    }

    func release() { _ = sysClose(descriptor) }
}

private struct FileIdentity: Equatable {
    let device: UInt64
    let number: UInt64

    init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        number = UInt64(truncatingIfNeeded: status.st_ino)
    }
}

private func sysSocket(_ family: Int32) -> Int32 {
    #if canImport(Glibc)
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    #else
    let descriptor = socket(family, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { return descriptor }
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
}
private func sysClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func sysBind(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    bind(descriptor, address, length)
}
private func sysListen(_ descriptor: Int32, _ backlog: Int32) -> Int32 { listen(descriptor, backlog) }
