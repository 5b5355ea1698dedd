import EventLoop
import LoadGenerator

/// The threads of the bench.
enum BenchLoops {
    /// Puts the loads on: one thread, so that its share of a core tells how far it is from its own limit.
    static let load = LoadLoop(name: "load")
    /// Everything that is not measured.
    static let service = EventLoop(name: "service")
}
