package import EventLoop

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// An event loop with what all connections of a load share on it; used on its thread alone.
package final class LoadLoop: @unchecked Sendable {
    package let loop: EventLoop
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    private var opened = 0

    package init(name: String) { loop = EventLoop(name: name) }

    deinit { buffer.deallocate() }

    /// The last byte of the address to connect from: one address has 28,000 ports, and all of 127.0.0.0/8 is ours.
    func nextSource() -> UInt8 {
        opened += 1
        return UInt8(1 + opened / 8192 % 200)
    }
}
