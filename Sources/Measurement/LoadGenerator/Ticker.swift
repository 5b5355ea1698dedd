import EventLoop
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Calls its work on a loop many times a millisecond: libevent's own timers are not exact enough to pace a load.
///
/// A thread of its own sleeps between; it ends with ``stop()``.
package final class Ticker: Sendable {
    private let isStopped = Atomic<Bool>(false)
    private let isPending = Atomic<Bool>(false)
    private let loop: EventLoop
    private let work: @Sendable () -> Void

    package init(on loop: LoadLoop, _ work: @escaping @Sendable () -> Void) {
        self.loop = loop.loop
        self.work = work
        let context = Unmanaged.passRetained(self).toOpaque()
        #if canImport(Glibc)
        var thread = pthread_t()
        #else
        var thread: pthread_t?
        #endif
        let result = pthread_create(&thread, nil, tickerThread, context)
        precondition(result == 0, "cannot start a thread: \(result)")
        #if canImport(Glibc)
        pthread_detach(thread)
        #else
        if let thread { pthread_detach(thread) }
        #endif
    }

    package func stop() { isStopped.store(true, ordering: .relaxed) }

    fileprivate func run() {
        while !isStopped.load(ordering: .relaxed) {
            usleep(150)
            // A loop that is busy is not given a second one to do.
            guard !isPending.exchange(true, ordering: .relaxed) else { continue }
            loop.execute {
                self.isPending.store(false, ordering: .relaxed)
                if !self.isStopped.load(ordering: .relaxed) { self.work() }
            }
        }
    }
}

private func tickerThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<Ticker>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
