import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The loops of the process, one a core unless told otherwise.
package final class EventLoopGroup: Sendable {
    package let loops: [EventLoop]
    private let turn = Atomic<Int>(0)

    /// - Parameter count: How many loops, at least one.
    package init(count: Int = EventLoopGroup.coreCount, name: String = "loop") {
        loops = (0..<max(1, count)).map { EventLoop(name: "\(name)-\($0)") }
    }

    /// The next loop in turn.
    package func next() -> EventLoop {
        let turn = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        return loops[(turn & Int.max) % loops.count]
    }

    package static var coreCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
