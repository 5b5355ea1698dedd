import ChatModel
import HTTPTypes
import MartletClient
import Synchronization

/// A writer's second hand: changes, marks and deletes some of its messages over HTTP, each until it is acknowledged.
final class Changer: Sendable {
    /// Messages that may wait; beyond it none is taken.
    private static let limit = 32

    private struct Job {
        var key: MessageKey
        var id: Int64
        var changes: [Ledger.Change]
    }

    private struct State {
        var random: RandomSource
        var waiting: [Job] = []
        var isClosed = false
        var refusals: [String: Int] = [:]
    }

    private let person: Person
    private let ledger: Ledger
    private let state: Mutex<State>

    init(_ person: Person, ledger: Ledger, random: RandomSource) {
        self.person = person
        self.ledger = ledger
        state = Mutex(State(random: random))
    }

    var refusals: [String: Int] { state.withLock { $0.refusals } }

    /// Perhaps takes a message that was acknowledged.
    func offer(_ key: MessageKey, _ id: Int64) {
        state.withLock { state in
            var changes: [Ledger.Change] = []
            if state.random.chance(0.15) { changes.append(.edit) }
            if state.random.chance(0.1) { changes.append(.reaction) }
            if state.random.chance(0.05) { changes.append(.deletion) }
            guard !changes.isEmpty, !state.isClosed, state.waiting.count < Self.limit else { return }
            state.waiting.append(Job(key: key, id: id, changes: changes))
        }
    }

    /// Nothing more will be offered.
    func close() { state.withLock { $0.isClosed = true } }

    /// Works until ``close()`` and all is acknowledged, at the latest until `limit`.
    func run(limit: ContinuousClock.Instant) async {
        while ContinuousClock.now < limit, !Task.isCancelled {
            let (job, isClosed) = state.withLock { state in
                (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isClosed)
            }
            guard let job else {
                if isClosed { return }
                try? await Task.sleep(for: .milliseconds(50))
                continue
            }
            // One after the other: a change that comes late, because its answer was lost, must not undo a later one.
            for change in job.changes {
                guard await make(change, job, limit) else { break }
            }
        }
        for job in state.withLock({ $0.waiting }) { ledger.trouble("\(job.key) waited in vain to be changed") }
    }

    private func make(_ change: Ledger.Change, _ job: Job, _ limit: ContinuousClock.Instant) async -> Bool {
        ledger.asking(change, of: job.key)
        var number = job.key.number
        var isFirst = true
        while ContinuousClock.now < limit, !Task.isCancelled {
            number += 1
            do {
                try await send(change, job, person.client(number))
                ledger.done(change, of: job.key)
                return true
            } catch let error as MartletClientError {
                state.withLock { $0.refusals["\(error.status ?? 0) \(error.code)", default: 0] += 1 }
                // Deleted by a try whose answer was lost.
                if change == .deletion, error.status == 404, !isFirst {
                    ledger.done(change, of: job.key)
                    return true
                }
                if error.status == 401 { person.client(number).forgetTokens() }
                if let status = error.status, (400..<500).contains(status), status != 401, status != 429 {
                    ledger.trouble("a change of \(job.key) was refused with \(status) \(error.code)")
                    return false
                }
            } catch {
                break
            }
            isFirst = false
            try? await Task.sleep(for: .milliseconds(300))
        }
        ledger.trouble("a change of \(job.key) was never acknowledged")
        return false
    }

    private func send(_ change: Ledger.Change, _ job: Job, _ client: MartletClient) async throws {
        struct Text: Encodable {
            var text: String
        }
        let path = "/v1/messages/\(job.id)"
        switch change {
        case .edit:
            let _: MartletClient.NoBody = try await client.call(.patch, path, Text(text: job.key.changedText))
        case .reaction:
            let _: MartletClient.NoBody = try await client.call(
                .put, "\(path)/reactions/\(MartletClient.segment("👍"))")
        default: let _: MartletClient.NoBody = try await client.call(.delete, path)
        }
    }
}
