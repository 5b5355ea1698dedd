import Lifecycle

/// Something that needs no task of its own, only to be closed in its turn.
final class Closing: Service {
    let name: String
    private let close: @Sendable () async -> Void
    private let stopping = Latch()

    init(name: String, close: @escaping @Sendable () async -> Void) {
        self.name = name
        self.close = close
    }

    func run() async throws {
        await stopping.wait()
        await close()
    }

    func shutdown() { stopping.open() }
}
