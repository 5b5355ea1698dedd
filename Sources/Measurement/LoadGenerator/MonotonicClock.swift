#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The time since some moment in the past, in nanoseconds; the same moment for all processes of the machine.
package enum MonotonicClock {
    package static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
