import Lifecycle
import Testing

@testable import MartletBot

@Suite(.timeLimit(.minutes(1)))
struct HandlerDeadlineTests {
    private func watched(
        _ limit: Duration, _ use: @escaping @Sendable (HandlerDeadline) async throws -> Void
    ) async throws {
        let deadline = HandlerDeadline(limit)
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await deadline.watch() }
            try await use(deadline)
        }
    }

    @Test func `a handler that takes too long is cancelled`() async throws {
        try await watched(.milliseconds(5)) { deadline in
            for _ in 1...2 {
                let error = await #expect(throws: BotError.self) {
                    // Never opened: ends with the cancellation.
                    try await deadline.limit { await Latch().wait() }
                }
                #expect(error?.code == .deadline)
            }
        }
    }

    @Test func `a handler in time has its own result`() async throws {
        try await watched(.seconds(600)) { deadline in
            try await deadline.limit {}
            let error = await #expect(throws: BotError.self) {
                try await deadline.limit { throw BotError(.forbidden, "no") }
            }
            #expect(error?.code == .forbidden)
        }
    }

    @Test func `a handler ends with the task that waits for it`() async throws {
        let deadline = HandlerDeadline(.seconds(600))
        let begun = Latch()
        let task = Task {
            try await deadline.limit {
                begun.open()
                await Latch().wait()
            }
        }
        await begun.wait()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
