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
    /// A process is started with fewer for the sake of programs that use `select`, and none here does.
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
        if limit.rlim_cur < limit.rlim_max, limit.rlim_cur < rlim_t(most) {
            limit.rlim_cur = min(limit.rlim_max, rlim_t(most))
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
