internal import CLibEvent
import Synchronization

/// Work that runs on its loop once after a delay, or every period until it is cancelled.
///
/// The timer keeps itself alive while it is armed; `cancel()` may be called from any thread and more than once. Work
/// that has begun is not interrupted.
package final class Timer: @unchecked Sendable {
    private let loop: EventLoop
    private let isRepeating: Bool
    private let isCancelled = Atomic<Bool>(false)
    // Touched on the loop only.
    private var event: OpaquePointer?
    /// Nil once it is over: whoever keeps its timer is often kept by the work in turn.
    private var work: (@Sendable () -> Void)?

    fileprivate init(loop: EventLoop, isRepeating: Bool, work: @escaping @Sendable () -> Void) {
        self.loop = loop
        self.isRepeating = isRepeating
        self.work = work
    }

    package func cancel() {
        guard !isCancelled.exchange(true, ordering: .relaxed) else { return }
        loop.executeNow { self.disarm() }
    }

    fileprivate func arm(_ delay: Duration) {
        guard !isCancelled.load(ordering: .relaxed) else { return }
        let flags = isRepeating ? Int16(EV_PERSIST) : 0
        // Balanced in `disarm`: libevent holds the only reference that is certain to stay.
        let context = Unmanaged.passRetained(self).toOpaque()
        event = event_new(loop.base, -1, flags, timerFired, context)
        var time = timeval(delay)
        event_add(event, &time)
    }

    fileprivate func fire() {
        guard !isCancelled.load(ordering: .relaxed), let work else { return }
        if !isRepeating { disarm() }
        work()
    }

    private func disarm() {
        work = nil
        guard let event else { return }
        event_free(event)
        self.event = nil
        Unmanaged.passUnretained(self).release()
    }
}

extension EventLoop {
    /// Runs `work` on this loop after `delay`.
    @discardableResult
    package func schedule(after delay: Duration, _ work: @escaping @Sendable () -> Void) -> Timer {
        let timer = Timer(loop: self, isRepeating: false, work: work)
        executeNow { timer.arm(delay) }
        return timer
    }

    /// Runs `work` on this loop every `period` until the timer is cancelled.
    package func schedule(every period: Duration, _ work: @escaping @Sendable () -> Void) -> Timer {
        let timer = Timer(loop: self, isRepeating: true, work: work)
        executeNow { timer.arm(period) }
        return timer
    }
}

private func timerFired(_: Int32, _: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    // Held here, because a one-shot timer lets go of itself while it fires.
    Unmanaged<Timer>.fromOpaque(context).takeUnretainedValue().fire()
}

extension timeval {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(
            tv_sec: .init(max(0, seconds)), tv_usec: .init(max(0, attoseconds) / 1_000_000_000_000))
    }
}
