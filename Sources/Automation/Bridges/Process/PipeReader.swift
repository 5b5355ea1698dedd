import EventLoop

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Reads lines from a pipe without blocking; used on its loop only.
final class PipeReader: @unchecked Sendable {
    enum Item {
        case line([UInt8])
        /// A line is longer than allowed; what is left of it is skipped.
        case overlong
        case end
    }

    private let descriptor: Int32
    private let limit: Int
    private let onItem: (Item) -> Void
    // Touched on the loop only, like all below.
    private var watcher: SocketWatcher?
    private var buffer: [UInt8] = []
    private var isSkipping = false
    private var isOpen = true

    /// - Parameter limit: The most bytes of a line.
    init(loop: EventLoop, descriptor: Int32, limit: Int, onItem: @escaping (Item) -> Void) {
        self.descriptor = descriptor
        self.limit = limit
        self.onItem = onItem
        watcher = SocketWatcher(loop: loop, descriptor: descriptor) { [weak self] _ in
            if let self { _ = self.read() }
        }
        watcher?.watch(.read)
    }

    /// Takes what has already arrived, at most a few MiB; for a program that has ended.
    func drain() {
        for _ in 0..<64 where isOpen {
            guard read() else { return }
        }
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        watcher?.stop()
        watcher = nil
        _ = systemClose(descriptor)
    }

    /// Reads once, so that the others on the loop get their turn.
    ///
    /// - Returns: Whether there may be more.
    private func read() -> Bool {
        guard isOpen else { return false }
        let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { space, count in
            count = max(0, systemRead(descriptor, space.baseAddress, space.count))
        }
        if bytes.isEmpty {
            // A reset `errno` tells the end from a pipe that is empty for the moment.
            guard errno != EAGAIN, errno != EINTR else { return false }
            watcher?.stop()
            onItem(.end)
            return false
        }
        take(bytes)
        return true
    }

    private func take(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            keep(rest[..<end])
            if !isSkipping { onItem(.line(buffer)) }
            buffer = []
            isSkipping = false
            rest = rest[(end + 1)...]
        }
        keep(rest)
    }

    private func keep(_ part: ArraySlice<UInt8>) {
        guard !isSkipping else { return }
        guard buffer.count + part.count <= limit else {
            buffer = []
            isSkipping = true
            onItem(.overlong)
            return
        }
        buffer += part
    }
}

private func systemRead(_ descriptor: Int32, _ space: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    errno = 0
    return read(descriptor, space, count)
}

private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
