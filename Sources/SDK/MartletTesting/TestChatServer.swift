import Foundation
import MartletBot
import Synchronization

/// The server of a chat: its state, one change at a time, and those who wait for a state.
final class TestChatServer: Sendable {
    /// What a wait for rest came to.
    enum Rest {
        case rest, crashed
        case failed(any Error)
    }

    private struct Guarded {
        var state: TestChatState
        var nextID = 0
        var waiters: [Int: CheckedContinuation<Rest?, Never>] = [:]
    }

    private let guarded: Mutex<Guarded>

    init(botHandle: String) { guarded = Mutex(Guarded(state: TestChatState(botHandle: botHandle))) }

    func read<Value: Sendable>(_ get: (TestChatState) -> Value) -> Value { guarded.withLock { get($0.state) } }

    /// Changes the state and wakes those who wait for what it has become.
    @discardableResult
    func change<Value: Sendable>(_ change: (inout TestChatState) throws -> Value) rethrows -> Value {
        let (value, waiters, rest) = try guarded.withLock { guarded in
            let value = try change(&guarded.state)
            guard let rest = Self.rest(guarded.state) else {
                return (value, [] as [CheckedContinuation<Rest?, Never>], Rest?.none)
            }
            defer { guarded.waiters = [:] }
            return (value, Array(guarded.waiters.values), rest)
        }
        for waiter in waiters { waiter.resume(returning: rest) }
        return value
    }

    private static func rest(_ state: TestChatState) -> Rest? {
        if state.hasCrashed { return .crashed }
        if let error = state.ending { return .failed(error) }
        return state.isAtRest ? .rest : nil
    }

    /// Waits until the bot has nothing to do, for at most thirty seconds of the real clock.
    func waitForRest() async throws -> Rest {
        let rest = await withTaskGroup(of: Rest?.self) { group in
            group.addTask { await self.nextRest() }
            group.addTask {
                try? await Task.sleep(for: .seconds(30))
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        guard let rest else {
            throw TestChatError(description: "the bot did not come to rest: a handler or timer does not end")
        }
        return rest
    }

    private func nextRest() async -> Rest? {
        let id = guarded.withLock { guarded in
            guarded.nextID += 1
            return guarded.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let rest: Rest?? = guarded.withLock { guarded in
                    if let rest = Self.rest(guarded.state) { return .some(rest) }
                    if Task.isCancelled { return .some(nil) }
                    guarded.waiters[id] = continuation
                    return nil
                }
                if let rest { continuation.resume(returning: rest) }
            }
        } onCancel: {
            guarded.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: nil)
        }
    }

    // MARK: The bot's process

    func beginProcess(timers: Int) -> TestChatProcess {
        change { state in
            state.process += 1
            state.isProcessAlive = true
            state.hasCrashed = false
            state.ending = nil
            state.timers = timers
            state.isReady = false
            state.link = nil
            return TestChatProcess(server: self, number: state.process)
        }
    }

    func processEnded(_ number: Int, with error: (any Error)?) {
        change { state in
            guard state.process == number, state.isProcessAlive else { return }
            state.isProcessAlive = false
            state.dropLink()
            state.ending = error
        }
    }

    func bury(_ letter: DeadLetter, _ number: Int) {
        change { if $0.process == number, $0.isProcessAlive { $0.deadLetters.append(letter) } }
    }

    // MARK: Timers

    /// Moves the clock to the next timer that is due by `end` and wakes it.
    func wakeSleeper(dueBy end: Date) -> Bool {
        let sleeper = change { state -> TestChatState.Sleeper? in
            guard let index = state.sleepers.indices.min(by: { state.sleepers[$0].due < state.sleepers[$1].due }),
                state.sleepers[index].due <= end
            else { return nil }
            let sleeper = state.sleepers.remove(at: index)
            state.now = max(state.now, sleeper.due)
            return sleeper
        }
        sleeper?.continuation.resume(returning: true)
        return sleeper != nil
    }

    /// - Returns: False when the task was cancelled first.
    func sleep(until due: Date) async -> Bool {
        let id = guarded.withLock { guarded in
            guarded.nextID += 1
            return guarded.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isCancelled = change { state in
                    if Task.isCancelled { return true }
                    state.sleepers.append(TestChatState.Sleeper(id: id, due: due, continuation: continuation))
                    return false
                }
                if isCancelled { continuation.resume(returning: false) }
            }
        } onCancel: {
            let sleeper = change { state in
                state.sleepers.firstIndex { $0.id == id }.map { state.sleepers.remove(at: $0) }
            }
            sleeper?.continuation.resume(returning: false)
        }
    }
}
