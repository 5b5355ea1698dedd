import BridgeKit
import ChatModel
import ChatService
import EventLoop
import Synchronization
import Text

/// A bridge's filter as the service knows it, held to its deadline.
struct FilterAdapter: MessageFilter {
    let name: String
    /// The only tenant whose messages are judged; nil for all.
    let app: AppID?
    let filter: any BridgeFilter
    let loops: EventLoopGroup

    /// Whether the bridge rests: then it judges nothing.
    let isPaused: @Sendable () -> Bool

    var isBounded: Bool { filter.isBounded }
    var whenFailing: FilterFailure { filter.allowsWhenFailing ? .allow : .block }

    func judge(_ draft: FilterInput) async throws -> FilterVerdict {
        try await judge([draft]).first ?? .allow(flags: [])
    }

    /// Judges the strings of one message: at once when that is bounded work, else with one deadline for all.
    func judge(_ drafts: [FilterInput]) async throws -> [FilterVerdict] {
        if let app, let draft = drafts.first, draft.appID != app { return drafts.map { _ in .allow(flags: []) } }
        guard !isPaused() else { return drafts.map { _ in .allow(flags: []) } }
        let filter = filter
        if filter.isBounded { return try await Self.verdicts(of: filter, on: drafts, isWatched: false) }
        return try await Self.within(filter.deadline, on: loops.next()) {
            try await Self.verdicts(of: filter, on: drafts, isWatched: true)
        }
    }

    private static func verdicts(
        of filter: any BridgeFilter, on drafts: [FilterInput], isWatched: Bool
    ) async throws -> [FilterVerdict] {
        var verdicts: [FilterVerdict] = []
        for draft in drafts {
            // Nobody waits any more when the deadline has passed. A sender who has gone does not spare a message this.
            if isWatched { try Task.checkCancellation() }
            let verdict = try await filter.judge(
                BridgeDraft(
                    app: draft.appID, channelName: draft.channelName, author: draft.author, text: draft.text,
                    isEdit: draft.isEdit, authorName: draft.authorName))
            switch verdict {
            case .allow(let flags): verdicts.append(.allow(flags: flags))
            case .mask(let edits, let rules, let flags):
                verdicts.append(
                    .mask(
                        edits: edits.map { TextEdit(range: $0.range, text: $0.text) }, rules: rules, flags: flags))
            case .block(let reason, let rules): verdicts.append(.block(reason: reason, rules: rules))
            }
        }
        return verdicts
    }

    /// Waits for `work`, but not longer than `limit`; work that does not heed its cancellation goes on unheard.
    ///
    /// Off the sender's loop, which a long message would hold up.
    private static func within<Value: Sendable>(
        _ limit: Duration, on loop: EventLoop, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let once = Once<Value>()
        return try await withCheckedThrowingContinuation { continuation in
            once.set(continuation)
            // Ends with the work; the timer cancels it when it takes too long.
            let task = Task {
                do { once.resume(.success(try await work())) } catch { once.resume(.failure(error)) }
            }
            let timer = loop.schedule(after: limit) {
                task.cancel()
                once.resume(.failure(FilterTooSlow(limit: limit)))
            }
            once.whenDone { timer.cancel() }
        }
    }

    /// Lets the first of two answers through.
    private final class Once<Value: Sendable>: Sendable {
        private struct State {
            var continuation: CheckedContinuation<Value, any Error>?
            var isDone = false
            var cleanup: (@Sendable () -> Void)?
        }

        private let state = Mutex(State())

        func set(_ continuation: CheckedContinuation<Value, any Error>) {
            state.withLock { $0.continuation = continuation }
        }

        func whenDone(_ cleanup: @escaping @Sendable () -> Void) {
            let isDone = state.withLock { state in
                if !state.isDone { state.cleanup = cleanup }
                return state.isDone
            }
            if isDone { cleanup() }
        }

        func resume(_ result: Result<Value, any Error>) {
            let (continuation, cleanup) = state.withLock { state in
                defer {
                    state.continuation = nil
                    state.cleanup = nil
                    state.isDone = true
                }
                return (state.continuation, state.cleanup)
            }
            cleanup?()
            continuation?.resume(with: result)
        }
    }
}

/// A filter took longer than it may.
struct FilterTooSlow: Error, CustomStringConvertible {
    let limit: Duration
    var description: String { "the filter did not judge within \(limit)" }
}
