import CDescriptorReserve

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How many files and sockets the process may have open.
package enum FileLimit {
    /// More than this is asked for by nobody: some systems set no limit at all.
    private static let most = 1 << 20

    /// Takes as many as the system allows the process.
    ///
    /// A process is started with fewer for the sake of programs that use `select`, and none here does. A few are left
    /// unused, for what must not fail when there are none any more (`CDescriptorReserve`).
    ///
    /// - Parameter wanted: Lifts what the system allows up to this, if the process may do that (as root).
    /// - Returns: How many there are now.
    @discardableResult
    package static func raise(to wanted: Int? = nil) -> Int {
        var limit = rlimit()
        getrlimit(kind, &limit)
        if let wanted, limit.rlim_max < rlim_t(wanted) {
            var higher = rlimit(rlim_cur: rlim_t(wanted), rlim_max: rlim_t(wanted))
            setrlimit(kind, &higher)
            getrlimit(kind, &limit)
        }
        let reserve = rlim_t(martlet_descriptor_reserve)
        let highest = limit.rlim_max > 8 * reserve ? limit.rlim_max - reserve : limit.rlim_max
        let target = min(highest, max(limit.rlim_cur, rlim_t(most)))
        if target != limit.rlim_cur {
            limit.rlim_cur = target
            setrlimit(kind, &limit)
            getrlimit(kind, &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }

    #if canImport(Glibc)
    private static let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
    private static let kind = RLIMIT_NOFILE
    #endif
}
