#if canImport(CJemalloc)
internal import CJemalloc
import Glibc
#endif

/// The allocator of the whole process: a program that links this room gets all of its memory from jemalloc.
///
/// A message costs some hundred small allocations, most of which are freed on the same thread in the same moment; that
/// is what jemalloc's caches for each thread are for. On macOS the system's own allocator stays.
///
/// See jemalloc's manual, "MALLCTL NAMESPACE".
package enum MemoryAllocator {
    /// What the program holds and what the allocator keeps of the system's memory for it, in bytes; nil where
    /// jemalloc is not in use.
    package static func usage() -> (allocated: Int, resident: Int)? {
        #if canImport(CJemalloc)
        // Statistics are as old as the last epoch.
        var epoch: UInt64 = 1
        guard mallctl("epoch", nil, nil, &epoch, MemoryLayout<UInt64>.size) == 0,
            let allocated = number("stats.allocated"),
            let resident = number("stats.resident")
        else { return nil }
        return (allocated, resident)
        #else
        return nil
        #endif
    }

    /// Has memory that nobody uses given back to the system when it has lain for `time`.
    ///
    /// A thread of jemalloc's does it. Without that jemalloc looks for such memory on the way of other allocations, and
    /// what a storm of connections needed would stay with a server that is quiet afterwards. To be called before there
    /// are loops, since the time holds for arenas that are made later. `MALLOC_CONF` in the environment goes before.
    ///
    /// - Returns: Whether jemalloc does so from here on.
    @discardableResult
    package static func returnUnused(after time: Duration) -> Bool {
        #if canImport(CJemalloc)
        guard getenv("MALLOC_CONF") == nil else { return false }
        let milliseconds = Int(time / .milliseconds(1))
        return set("arenas.dirty_decay_ms", milliseconds) && set("arena.0.dirty_decay_ms", milliseconds)
            && set("background_thread", true)
        #else
        return false
        #endif
    }

    #if canImport(CJemalloc)
    private static func set<Value: BitwiseCopyable>(_ name: String, _ value: Value) -> Bool {
        var value = value
        return mallctl(name, nil, nil, &value, MemoryLayout<Value>.size) == 0
    }

    private static func number(_ name: String) -> Int? {
        var value = 0
        var size = MemoryLayout<Int>.size
        return mallctl(name, &value, &size, nil, 0) == 0 ? value : nil
    }
    #endif
}
