internal import CCurl
internal import EventLoop

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Opens the sockets of one transfer, after a look at the address that is about to be dialled.
final class SocketGuard {
    private let policy: AddressPolicy
    private let allowsUnixSocket: Bool
    private var refused: IPAddress?

    init(policy: AddressPolicy, allowsUnixSocket: Bool = false) {
        self.policy = policy
        self.allowsUnixSocket = allowsUnixSocket
    }

    func install(on handle: EasyHandle) throws(HTTPClientError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try handle.check(martlet_curl_set_open_socket(handle.raw, socketWanted, context))
    }

    /// Why no connection came about, when the address that was tried last is forbidden.
    func error(_ code: CURLcode) -> HTTPClientError? {
        guard let refused, code == CURLE_COULDNT_CONNECT else { return nil }
        return HTTPClientError(.blockedAddress, "connections to \(refused) are not allowed")
    }

    fileprivate func open(family: Int32, type: Int32, protocol number: Int32, address: UnsafeRawBufferPointer) -> Int32
    {
        if family == AF_UNIX {
            guard allowsUnixSocket else { return -1 }
        } else {
            guard let address = IPAddress(socketAddress: address) else { return -1 }
            guard policy.permits(address) else {
                refused = address
                return -1
            }
        }
        refused = nil
        let descriptor = socket(family, type, number)
        if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return descriptor
    }
}

private func socketWanted(
    _ context: UnsafeMutableRawPointer?, _: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    // CURL_SOCKET_BAD: curl goes on to the next address of the name.
    guard let context, let address, let raw = martlet_curl_address(address) else { return -1 }
    let bytes = UnsafeRawBufferPointer(start: raw, count: Int(address.pointee.addrlen))
    return Unmanaged<SocketGuard>.fromOpaque(context).takeUnretainedValue().open(
        family: address.pointee.family, type: address.pointee.socktype, protocol: address.pointee.protocol,
        address: bytes)
}
