import EventLoop

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Writes to a pipe without blocking, what it does not take yet from a buffer; used on its loop only.
final class PipeWriter: @unchecked Sendable {
    private let descriptor: Int32
    // Touched on the loop only, like all below.
    private var watcher: SocketWatcher?
    private var waiting: [UInt8] = []
    private var isOpen = true

    init(loop: EventLoop, descriptor: Int32) {
        self.descriptor = descriptor
        watcher = SocketWatcher(loop: loop, descriptor: descriptor) { [weak self] _ in self?.flush() }
    }

    /// Bytes that the pipe has not taken.
    var unsentBytes: Int { waiting.count }

    func write(_ bytes: [UInt8]) {
        guard isOpen else { return }
        waiting += bytes
        flush()
    }

    /// Drops what is unsent; the program sees the end of its input.
    func close() {
        guard isOpen else { return }
        isOpen = false
        waiting = []
        watcher?.stop()
        watcher = nil
        _ = systemClose(descriptor)
    }

    private func flush() {
        var sent = 0
        waiting.withUnsafeBytes { bytes in
            while sent < bytes.count {
                let count = systemWrite(descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
                if count < 0 { break }
                sent += count
            }
        }
        if sent < waiting.count, errno != EAGAIN, errno != EINTR {
            // Nobody reads any more; that the program has ended is seen elsewhere.
            close()
            return
        }
        waiting.removeFirst(sent)
        watcher?.watch(waiting.isEmpty ? [] : .write)
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
