import EventLoop
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct EventLoopExecutorTests {
    let loop = EventLoop(name: "test")

    @Test func `a task that prefers the loop runs on it, before and after it waits`() async {
        await Task(executorPreference: loop) {
            #expect(loop.isCurrent)
            await Task.yield()
            #expect(loop.isCurrent)
            try? await Task.sleep(for: .milliseconds(1))
            #expect(loop.isCurrent)
        }.value
    }

    @Test func `work runs in the order in which it was handed over`() async {
        let seen = Mutex<[Int]>([])
        await withCheckedContinuation { done in
            for number in 0..<5000 {
                loop.execute { seen.withLock { $0.append(number) } }
            }
            loop.execute { done.resume() }
        }
        #expect(seen.withLock { $0 } == Array(0..<5000))
    }

    @Test func `an actor bound to the loop may be entered from a callback`() async {
        actor Bound {
            let loop: EventLoop
            var count = 0
            init(_ loop: EventLoop) { self.loop = loop }
            nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
            func increment() { count += 1 }
        }
        let bound = Bound(loop)
        await withCheckedContinuation { done in
            loop.execute {
                bound.assumeIsolated { $0.increment() }
                done.resume()
            }
        }
        #expect(await bound.count == 1)
    }

    @Test func `a cancelled timer never fires, a repeating one fires until it is cancelled`() async {
        let cancelled = loop.schedule(after: .milliseconds(1)) { Issue.record("it was cancelled") }
        cancelled.cancel()
        cancelled.cancel()
        let (ticks, tick) = AsyncStream.makeStream(of: Void.self)
        let timer = loop.schedule(every: .milliseconds(1)) { tick.yield() }
        var count = 0
        for await _ in ticks {
            count += 1
            if count == 3 { break }
        }
        timer.cancel()
        #expect(count == 3)
    }

    @Test func `many threads hand over work and none is lost`() async {
        final class Count: Sendable { let value = Atomic<Int>(0) }
        let count = Count()
        let loop = loop
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<2000 {
                        await withCheckedContinuation { done in
                            loop.execute {
                                count.value.add(1, ordering: .relaxed)
                                done.resume()
                            }
                        }
                    }
                }
            }
        }
        #expect(count.value.load(ordering: .relaxed) == 16_000)
    }
}
