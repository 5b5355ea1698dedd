#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Where a server listens or a client connects: `127.0.0.1:8080`, `[::1]:8080`, `name:port` or `unix:/path`.
package enum SocketAddress: Sendable, Hashable, CustomStringConvertible {
    case tcp(host: String, port: UInt16)
    case unix(path: String)

    /// - Returns: nil when `text` has none of the forms above.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty, path.utf8.count < Self.maximumPathLength else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        self = .tcp(host: host.isEmpty ? "0.0.0.0" : host, port: port)
    }

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// What `sockaddr_un` holds, with its closing zero.
    package static let maximumPathLength = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

    /// Every address the host name stands for.
    ///
    /// Blocks while names are looked up: call it on a ``BlockingQueue``.
    func resolve(passive: Bool) throws(SocketError) -> [ResolvedAddress] {
        switch self {
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            guard path.utf8.count < Self.maximumPathLength else {
                throw SocketError(operation: "resolve", address: self, message: "the path is too long for a socket")
            }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            return [withUnsafeBytes(of: address) { ResolvedAddress(family: AF_UNIX, bytes: Array($0)) }]
        case .tcp(let host, let port):
            var hints = addrinfo()
            #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            #else
            hints.ai_socktype = SOCK_STREAM
            #endif
            hints.ai_flags = passive ? AI_PASSIVE : 0
            var list: UnsafeMutablePointer<addrinfo>?
            let result = getaddrinfo(host, String(port), &hints, &list)
            defer { if list != nil { freeaddrinfo(list) } }
            guard result == 0 else {
                throw SocketError(operation: "resolve", address: self, message: String(cString: gai_strerror(result)))
            }
            var addresses: [ResolvedAddress] = []
            var next = list
            while let info = next {
                if let address = info.pointee.ai_addr {
                    let bytes = UnsafeRawBufferPointer(start: address, count: Int(info.pointee.ai_addrlen))
                    addresses.append(ResolvedAddress(family: info.pointee.ai_family, bytes: Array(bytes)))
                }
                next = info.pointee.ai_next
            }
            return addresses
        }
    }
}

/// A `sockaddr` of any family, as bytes.
struct ResolvedAddress: Sendable {
    let family: Int32
    let bytes: [UInt8]

    func withSockaddr<Value>(_ body: (UnsafePointer<sockaddr>, Int32) -> Value) -> Value {
        bytes.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: sockaddr.self) { body($0.baseAddress!, Int32(bytes.count)) }
        }
    }
}

/// What went wrong with a socket, in words that name the address.
package struct SocketError: Error, CustomStringConvertible {
    package let operation: String
    package let address: SocketAddress
    package let message: String

    package init(operation: String, address: SocketAddress, message: String) {
        self.operation = operation
        self.address = address
        self.message = message
    }

    package var description: String { "cannot \(operation) \(address): \(message)" }
}
