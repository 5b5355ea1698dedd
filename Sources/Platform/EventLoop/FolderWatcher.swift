#if canImport(Glibc)
import Glibc
#endif

/// Tells that a file in one of some folders was written, moved or removed; on Linux, by inotify.
///
/// A hint only: elsewhere, or when the kernel has no more watches to give, it never calls, so its user looks for itself
/// now and then. See inotify(7).
package final class FolderWatcher: @unchecked Sendable {
    private let loop: EventLoop
    private let onChange: @Sendable () -> Void
    // Touched on the loop only, like all below.
    private var descriptor: Int32 = -1
    private var watcher: SocketWatcher?
    private var folders: [String: Int32] = [:]
    private var isClosed = false

    /// - Parameter onChange: Called on the loop, once for what happened together; must not wait.
    package init(loop: EventLoop, onChange: @escaping @Sendable () -> Void) {
        self.loop = loop
        self.onChange = onChange
    }

    /// Watches these folders too; one that does not exist yet has to be named again.
    package func watch(_ folders: [String]) { loop.executeNow { self.add(folders) } }

    package func close() {
        loop.executeNow {
            self.isClosed = true
            self.watcher?.stop()
            self.watcher = nil
            #if canImport(Glibc)
            if self.descriptor >= 0 { _ = Glibc.close(self.descriptor) }
            #endif
            self.descriptor = -1
        }
    }

    private func add(_ wanted: [String]) {
        #if canImport(Glibc)
        guard !isClosed else { return }
        if descriptor < 0 {
            descriptor = inotify_init1(Int32(O_NONBLOCK | O_CLOEXEC))
            guard descriptor >= 0 else { return }
            let watcher = SocketWatcher(loop: loop, descriptor: descriptor) { [weak self] _ in self?.read() }
            watcher.watch(.read)
            self.watcher = watcher
        }
        // Not while a file is being written: half of one would be read.
        let events = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR)
        for folder in wanted where folders[folder] == nil {
            let watch = inotify_add_watch(descriptor, folder, events)
            if watch >= 0 { folders[folder] = watch }
        }
        #endif
    }

    private func read() {
        #if canImport(Glibc)
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { buffer in
            while true {
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                guard count > 0 else { return }
                var place = 0
                // A record is a watch, a mask, a cookie and the length of the name behind, four bytes each.
                while place + 16 <= count {
                    let watch = buffer.loadUnaligned(fromByteOffset: place, as: Int32.self)
                    let mask = buffer.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self)
                    let length = buffer.loadUnaligned(fromByteOffset: place + 12, as: UInt32.self)
                    if mask & UInt32(IN_IGNORED) != 0 {
                        // The folder is gone; one of its name may come again.
                        for (folder, known) in folders where known == watch { folders[folder] = nil }
                    }
                    place += 16 + Int(length)
                }
            }
        }
        onChange()
        #endif
    }
}
