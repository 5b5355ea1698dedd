#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The two ends of a pipe, neither inherited by programs that are started.
struct Pipe {
    let read: Int32
    let write: Int32

    /// - Parameter nonBlocking: The end that stays here; the other must block, as programs expect.
    init?(nonBlocking: WritableKeyPath<Ends, Int32>) {
        var ends = Ends()
        var descriptors: [Int32] = [0, 0]
        guard pipe(&descriptors) == 0 else { return nil }
        (ends.read, ends.write) = (descriptors[0], descriptors[1])
        for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[keyPath: nonBlocking], F_SETFL, O_NONBLOCK)
        (read, write) = (ends.read, ends.write)
    }

    struct Ends {
        var read: Int32 = -1
        var write: Int32 = -1
    }
}

func closeDescriptors(_ descriptors: [Int32]) {
    for descriptor in descriptors { close(descriptor) }
}
