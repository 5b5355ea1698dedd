#if canImport(CJemalloc)
internal import CJemalloc
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

    #if canImport(CJemalloc)
    private static func number(_ name: String) -> Int? {
        var value = 0
        var size = MemoryLayout<Int>.size
        return mallctl(name, &value, &size, nil, 0) == 0 ? value : nil
    }
    #endif
}
