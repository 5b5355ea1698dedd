import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A TCP port of the loopback that somebody listens at, until it is freed.
package final class TakenPort: Sendable {
    package struct NotBound: Error {}

    package let port: UInt16
    private let descriptor: Mutex<Int32>

    package init() throws {
        #if canImport(Glibc)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else {
            close(descriptor)
            throw NotBound()
        }
        port = UInt16(bigEndian: address.sin_port)
        self.descriptor = Mutex(descriptor)
    }

    deinit { free() }

    package func free() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }
}
