import ChatModel
import Lifecycle
import MartletClient
import Synchronization

/// Sends lines over one WebSocket, many at a time and in order, and comes back when the server went away.
///
/// One task pushes; the answers come in on the client's loop.
final class SendPipeline: Sendable {
    /// What became of the lines so far.
    struct Counts: Sendable {
        var stored = [Int](repeating: 0, count: Message.Kind.allCases.count)
        var duplicates = 0
        var refused = 0
        var reconnects = 0

        var done: Int { stored.reduce(0, +) + duplicates + refused }
    }

    private struct State {
        var window = SendWindow()
        var counts = Counts()
        var refusal: String?
        var skipped: [String] = []
        /// Why the connection ended; set once for each connection.
        var ending: String?
        var isConnected = false
        /// Since when nothing was acknowledged although something should have been.
        var troubleSince: ContinuousClock.Instant?
        var waiter: CheckedContinuation<Void, Never>?
        var wakesOnRoom = false
    }

    private enum Step {
        case go, wait
        case connect(String?)
        case retry
        case fail(String)
    }

    /// At most so many refusals are kept for the report.
    private static let maximumSkipped = 20

    private let client: MartletClient
    private let patience: Duration
    private let skipsRefused: Bool
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())
    private let socket = Mutex<RealtimeSocket?>(nil)

    /// - Parameters:
    ///   - patience: How long the server may be away, or take nothing, before the import gives up.
    ///   - skipsRefused: Whether lines that the server refuses for good are counted and left out.
    ///   - report: Gets sentences about what happens to the connection.
    init(
        client: MartletClient, patience: Duration, skipsRefused: Bool, report: @escaping @Sendable (String) -> Void
    ) {
        self.client = client
        self.patience = patience
        self.skipsRefused = skipsRefused
        self.report = report
    }

    var counts: Counts { state.withLock { $0.counts } }

    /// The first lines that were left out, with the reasons.
    var skipped: [String] { state.withLock { $0.skipped } }

    /// Sends `items` as soon as there is room for them.
    ///
    /// - Throws: ``ImportError`` when a line is refused or the server stays away; `CancellationError`.
    func push(_ items: [SendWindow.Item]) async throws {
        await renewToken()
        var next = 0
        while next < items.count {
            try await settle(untilEmpty: false)
            let frames = state.withLock { state in
                var frames: [String] = []
                while next < items.count, state.window.hasRoom {
                    frames.append(state.window.add(items[next]))
                    next += 1
                }
                return frames
            }
            current?.send(frames)
        }
    }

    /// Waits until everything is acknowledged, and closes.
    func finish() async throws {
        try await settle(untilEmpty: true)
        current?.close()
    }

    /// Gives up the connection; what is not acknowledged may or may not be stored.
    func abandon() { current?.close() }

    private var current: RealtimeSocket? { socket.withLock { $0 } }

    // MARK: Steps

    private func settle(untilEmpty: Bool) async throws {
        var backoff = Backoff(first: .milliseconds(200), max: .seconds(3))
        while true {
            try Task.checkCancellation()
            switch state.withLock({ Self.step($0, untilEmpty) }) {
            case .go: return
            case .fail(let reason): throw ImportError(.server, reason)
            case .connect(let reason): try await connect(reason)
            case .wait: await wait(forRoom: !untilEmpty)
            case .retry:
                try checkPatience("the server takes no more messages")
                try await Task.sleep(for: backoff.next())
                let frames = state.withLock { state in
                    // The connection may have ended in the meantime; then everything goes again anyway.
                    state.ending == nil && state.window.waiting == 0 ? state.window.retry() : []
                }
                current?.send(frames)
            }
        }
    }

    private static func step(_ state: State, _ untilEmpty: Bool) -> Step {
        if let refusal = state.refusal { return .fail(refusal) }
        if untilEmpty, state.window.isEmpty { return .go }
        if !state.isConnected || state.ending != nil { return .connect(state.ending) }
        if state.window.waiting == 0, state.window.postponed > 0 { return .retry }
        return !untilEmpty && state.window.hasRoom ? .go : .wait
    }

    private func wait(forRoom: Bool) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard case .wait = Self.step(state, !forRoom), !Task.isCancelled else { return true }
                    state.wakesOnRoom = forRoom
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            wake { _ in true }
        }
    }

    /// Changes the state, and wakes the pushing task when `change` says so.
    private func wake(_ change: (inout State) -> Bool) {
        let waiter = state.withLock { state in
            guard change(&state) else { return CheckedContinuation<Void, Never>?.none }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    // MARK: Connection

    private func connect(_ reason: String?) async throws {
        if let reason { report("\(reason) Connecting again …") }
        var backoff = Backoff(first: .milliseconds(100), max: .seconds(3))
        var mayLogInAgain = true
        while true {
            try checkPatience(reason ?? "the server does not answer")
            state.withLock {
                $0.ending = nil
                $0.isConnected = false
            }
            do {
                let opened = try await RealtimeSocket.open(
                    client, onFrame: { [self] in received($0) }, onClose: { [self] in closed($0) })
                socket.withLock { $0 = opened }
                let frames = state.withLock { state in
                    state.isConnected = true
                    if reason != nil { state.counts.reconnects += 1 }
                    return state.window.resend()
                }
                if reason != nil { report("Connected; sending \(frames.count) unacknowledged lines again.") }
                opened.send(frames)
                return
            } catch let error as MartletClientError where error.status == 401 && mayLogInAgain {
                // A server that was set up anew does not know the old tokens.
                mayLogInAgain = false
                client.forgetTokens()
            } catch let error as MartletClientError where error.isRetriable {
                try await Task.sleep(for: max(backoff.next(), error.retryAfter ?? .zero))
            } catch let error as MartletClientError {
                throw ImportError(.server, "The server refuses the connection: \(error.detail)")
            }
        }
    }

    /// - Throws: ``ImportError`` when nothing has gone forward for longer than the patience lasts.
    private func checkPatience(_ reason: String) throws {
        let since = state.withLock { state in
            let since = state.troubleSince ?? .now
            state.troubleSince = since
            return since
        }
        guard ContinuousClock.now - since < patience else {
            throw ImportError(
                .server,
                "Gave up after \(patience.components.seconds) s: \(reason). "
                    + "Running the same command again goes on where it stopped.")
        }
    }

    private func renewToken() async {
        guard client.needsRenewal, state.withLock({ $0.isConnected }) else { return }
        // If it cannot be had now, the connection ends with the old token, and connecting again gets a new one.
        guard let token = try? await client.accessToken() else { return }
        current?.send([#"{"op":"auth","token":"\#(token)"}"#])
    }

    // MARK: Answers

    private func received(_ frame: String) {
        if let (id, isDuplicate) = SendFrame.acknowledgement(frame) {
            wake { state in
                let (outcome, item) = state.window.acknowledged(id, isDuplicate: isDuplicate)
                guard let item else { return false }
                state.troubleSince = nil
                if outcome == .duplicate {
                    state.counts.duplicates += 1
                } else {
                    state.counts.stored[item.kind] += 1
                }
                return Self.mustWake(state)
            }
        } else if frame.hasPrefix(#"{"op":"error""#), let problem = RealtimeProblem(frame) {
            failed(problem)
        }
    }

    private func failed(_ problem: RealtimeProblem) {
        wake { state in
            guard let id = problem.id.flatMap({ Int($0) }) else {
                state.refusal = "The server could not read a frame: \(problem.error.detail)"
                return true
            }
            let (outcome, _) = state.window.failed(id, problem.error)
            guard case .refused(let file, let line, let reason) = outcome else { return Self.mustWake(state) }
            let sentence = "\(file):\(line) was refused: \(reason)"
            state.counts.refused += 1
            if skipsRefused {
                if state.skipped.count < Self.maximumSkipped { state.skipped.append(sentence) }
            } else if state.refusal == nil {
                state.refusal = sentence
            }
            return Self.mustWake(state)
        }
    }

    /// Room for a few frames is not worth a wake-up.
    private static func mustWake(_ state: State) -> Bool {
        state.refusal != nil || state.window.waiting == 0
            || (state.wakesOnRoom && state.window.hasRoom && state.window.count <= SendWindow.maximumCount / 2)
    }

    private func closed(_ reason: String) {
        wake { state in
            state.ending = reason
            return true
        }
    }
}
