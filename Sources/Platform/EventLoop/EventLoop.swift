internal import CLibEvent
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One thread that waits in libevent for sockets and timers, and runs Swift tasks between.
///
/// It is both a serial executor, for actors bound to it, and a task executor: a task started with
/// `Task(executorPreference: loop)` runs here and, unless it calls something that blocks, never leaves. State that is
/// touched only on the loop needs no lock; ``preconditionInLoop()`` guards it.
///
/// Loops are created once and never end: what is stopped are the servers and clients on them.
///
/// See the libevent manual, "Creating an event_base" and "Running an event loop".
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    private struct Queue {
        var jobs: [Work] = []
        var isWakePending = false
    }

    private enum Work {
        case job(UnownedJob)
        case call(@Sendable () -> Void)
    }

    /// At most so many jobs run before sockets and timers get their turn.
    private static let batch = 256

    package let name: String
    let base: OpaquePointer
    private let queue = Mutex(Queue())
    private let wakeDescriptor: (read: Int32, write: Int32)
    private let thread = Atomic<UInt>(0)
    // Set once in `init`; libevent allows `event_active` from any thread.
    private var wakeEvent: OpaquePointer?
    // Touched on the loop only.
    private var flushEvent: OpaquePointer?
    private var unflushed: [StreamConnection] = []
    /// Where plain sockets are read into; what a reader does not take at once is copied.
    let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)

    /// Creates a loop and starts its thread.
    package init(name: String) {
        EventLibrary.prepare
        guard let base = Self.makeBase() else { preconditionFailure("libevent could not create an event base") }
        self.name = name
        self.base = base
        self.wakeDescriptor = Self.makeWakeDescriptor()
        guard
            let wake = event_new(
                base, wakeDescriptor.read, Int16(EV_READ | EV_PERSIST), eventLoopWoken,
                Unmanaged.passUnretained(self).toOpaque())
        else { preconditionFailure("libevent could not create the wake-up event") }
        event_add(wake, nil)
        wakeEvent = wake
        flushEvent = event_new(base, -1, 0, eventLoopFlushes, Unmanaged.passUnretained(self).toOpaque())
        startThread()
    }

    /// Whether the caller runs on this loop's thread.
    package var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(bitPattern: currentThread()) }

    package func preconditionInLoop() {
        precondition(isCurrent, "this must be called on its event loop")
    }

    /// Runs `work` on the loop, soon, in the order of the calls.
    package func execute(_ work: @escaping @Sendable () -> Void) { add(.call(work)) }

    /// Runs `work` at once when the caller is on the loop, otherwise soon.
    package func executeNow(_ work: @escaping @Sendable () -> Void) {
        if isCurrent { work() } else { add(.call(work)) }
    }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    package func checkIsolated() { preconditionInLoop() }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    // MARK: Queue

    private func add(_ work: Work) {
        let mustWake = queue.withLock { queue in
            queue.jobs.append(work)
            defer { queue.isWakePending = true }
            return !queue.isWakePending
        }
        if mustWake { wake() }
    }

    fileprivate func drain(wokenByPipe: Bool) {
        if wokenByPipe { clearWakeDescriptor() }
        let jobs = queue.withLock { queue in
            let jobs = queue.jobs
            queue.jobs = []
            // Until the batch has run, further work only joins the queue; one wake-up follows at the end if needed.
            return jobs
        }
        var isFirst = true
        var next = jobs
        var count = 0
        while isFirst || !next.isEmpty {
            isFirst = false
            for work in next {
                switch work {
                case .job(let job):
                    job.runSynchronously(
                        isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
                case .call(let call): call()
                }
            }
            count += next.count
            let isOver = count >= Self.batch
            next = queue.withLock { queue in
                if queue.jobs.isEmpty {
                    queue.isWakePending = false
                    return []
                }
                if isOver { return [] }
                defer { queue.jobs = [] }
                return queue.jobs
            }
            if next.isEmpty, isOver, queue.withLock({ !$0.jobs.isEmpty }) {
                wake()
                return
            }
        }
    }

    // MARK: Output

    /// Has `connection` send what it holds when everything else of this turn is done.
    ///
    /// What a turn writes in pieces leaves in one system call, and libevent need not wait for the socket before.
    func flushAtEndOfTurn(_ connection: StreamConnection) {
        // libevent runs what is made active during a turn behind all that was active already.
        if unflushed.isEmpty { event_active(flushEvent, Int32(EV_TIMEOUT), 0) }
        unflushed.append(connection)
    }

    fileprivate func flush() {
        let connections = unflushed
        unflushed = []
        for connection in connections { connection.flush() }
    }

    // MARK: Thread

    private func startThread() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        #if canImport(Glibc)
        var id = pthread_t()
        #else
        var id: pthread_t?
        #endif
        // The thread keeps the loop alive by never ending; `retain` says so.
        _ = Unmanaged.passUnretained(self).retain()
        let result = pthread_create(&id, nil, eventLoopThread, context)
        precondition(result == 0, "cannot start a thread: \(result)")
    }

    fileprivate func run() {
        thread.store(UInt(bitPattern: currentThread()), ordering: .relaxed)
        martlet_set_thread_name(String(name.prefix(15)))
        // Only a missing event ends the loop, and the wake-up event is always there; an error is a bug here.
        while true {
            let result = event_base_loop(base, 0)
            precondition(result == 0, "libevent's loop ended with \(result)")
        }
    }

    private static func makeBase() -> OpaquePointer? {
        guard let configuration = event_config_new() else { return nil }
        defer { event_config_free(configuration) }
        // The kernel is told what changed once a turn. libevent's manual forbids it for descriptors that were cloned
        // with dup(); none here is.
        event_config_set_flag(configuration, Int32(EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST.rawValue))
        return event_base_new_with_config(configuration)
    }

    private static func makeWakeDescriptor() -> (read: Int32, write: Int32) {
        var pair: [Int32] = [0, 0]
        precondition(pipe(&pair) == 0, "cannot create a pipe: errno \(errno)")
        for descriptor in pair {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        return (pair[0], pair[1])
    }

    private func wake() {
        // On the loop itself the event is made active by hand, which costs no system call.
        if isCurrent {
            event_active(wakeEvent, Int32(EV_TIMEOUT), 0)
            return
        }
        var byte: UInt8 = 1
        // A full pipe wakes the loop as well as one more byte would.
        _ = write(wakeDescriptor.write, &byte, 1)
    }

    private func clearWakeDescriptor() {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            _ = read(wakeDescriptor.read, buffer.baseAddress, buffer.count)
        }
    }
}

private func currentThread() -> UnsafeRawPointer? {
    #if canImport(Glibc)
    UnsafeRawPointer(bitPattern: UInt(pthread_self()))
    #else
    UnsafeRawPointer(pthread_self())
    #endif
}

private func eventLoopThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue().run()
    return nil
}

private func eventLoopWoken(_: Int32, _ what: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    let loop = Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue()
    loop.drain(wokenByPipe: Int32(what) & EV_READ != 0)
}

private func eventLoopFlushes(_: Int32, _: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue().flush()
}

/// Process-wide settings of libevent, made once before the first base.
enum EventLibrary {
    static let prepare: Void = {
        evthread_use_pthreads()
        signal(SIGPIPE, SIG_IGN)
    }()
}
