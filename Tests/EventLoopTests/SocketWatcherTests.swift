import EventLoop
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SocketWatcherTests {
    let loop = EventLoop(name: "watcher")

    private func pair() -> (here: Int32, there: Int32) {
        var descriptors: [Int32] = [0, 0]
        #if canImport(Glibc)
        let type = Int32(SOCK_STREAM.rawValue)
        #else
        let type = SOCK_STREAM
        #endif
        precondition(socketpair(AF_UNIX, type, 0, &descriptors) == 0)
        return (descriptors[0], descriptors[1])
    }

    /// Runs `body` on the loop and waits until what it hands over has been called.
    private func turn<Value: Sendable>(
        _ body: @escaping @Sendable (_ done: @escaping @Sendable (Value) -> Void) -> Void
    ) async -> Value {
        await withCheckedContinuation { continuation in
            loop.execute { body { continuation.resume(returning: $0) } }
        }
    }

    @Test func `a descriptor's number can be watched again in the turn in which it was closed`() async {
        for _ in 0..<50 {
            let ready: SocketWatcher.Interest = await turn { [loop] done in
                let old = pair()
                let stale = SocketWatcher(loop: loop, descriptor: old.here) { _ in
                    Issue.record("it was stopped")
                }
                stale.watch(.read)
                // In the next turn, when the kernel knows of the old one.
                loop.schedule(after: .zero) {
                    stale.stop()
                    close(old.here)
                    close(old.there)
                    let new = pair()
                    let holder = Holder()
                    let watcher = SocketWatcher(loop: loop, descriptor: new.here) { ready in
                        holder.watcher?.stop()
                        holder.watcher = nil
                        close(new.here)
                        close(new.there)
                        done(ready)
                    }
                    holder.watcher = watcher
                    watcher.watch(.read)
                    var byte: UInt8 = 1
                    _ = write(new.there, &byte, 1)
                }
            }
            #expect(ready == .read)
        }
    }

    @Test func `what is watched for can change within a turn`() async {
        let ready: [SocketWatcher.Interest] = await turn { [loop] done in
            let sockets = pair()
            let holder = Holder()
            let watcher = SocketWatcher(loop: loop, descriptor: sockets.here) { ready in
                holder.seen.append(ready)
                if ready == .write {
                    holder.watcher?.watch([.read, .write])
                    holder.watcher?.watch([])
                    holder.watcher?.watch(.read)
                    var byte: UInt8 = 1
                    _ = write(sockets.there, &byte, 1)
                } else {
                    holder.watcher?.stop()
                    holder.watcher = nil
                    close(sockets.here)
                    close(sockets.there)
                    done(holder.seen)
                }
            }
            holder.watcher = watcher
            watcher.watch(.read)
            watcher.watch([])
            watcher.watch(.write)
        }
        #expect(ready == [.write, .read])
    }

    /// Used on the loop only.
    private final class Holder: @unchecked Sendable {
        var watcher: SocketWatcher?
        var seen: [SocketWatcher.Interest] = []
    }
}
