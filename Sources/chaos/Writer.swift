import EventLoop
import Foundation
import MartletClient
import Synchronization

/// A person who sends without waiting for answers, and sends again what was not answered; each connection goes to the
/// next process of the role `api`.
final class Writer: Sendable {
    /// Sends that may be unanswered at a time.
    private static let window = 32
    /// An open connection that leaves a send unanswered for so long is given up.
    private static let patience = Duration.seconds(15)

    private struct Pending {
        var number: Int
        var channel: Int64
        var due: ContinuousClock.Instant?
        var sentAt: ContinuousClock.Instant
    }

    private struct State {
        var pending: [Pending] = []
        var isOpen = false
    }

    private let number: Int
    private let person: Person
    private let changer: Changer
    private let channels: [Int64]
    private let ledger: Ledger
    private let interval: Duration
    private let state = Mutex(State())
    private let problems = Mutex<[String: Int]>([:])

    init(
        number: Int, person: Person, changer: Changer, channels: [Int64], ledger: Ledger, interval: Duration
    ) {
        self.number = number
        self.person = person
        self.changer = changer
        self.channels = channels
        self.ledger = ledger
        self.interval = interval
    }

    var refusals: [String: Int] { problems.withLock { $0 }.merging(changer.refusals) { $0 + $1 } }

    /// Writes until `end`, and goes on until all is answered, at the latest until `limit`.
    func run(until end: ContinuousClock.Instant, limit: ContinuousClock.Instant) async {
        async let changing: Void = changer.run(limit: limit)
        var next = 0
        var connection = number
        while ContinuousClock.now < limit, !Task.isCancelled {
            connection += 1
            if ContinuousClock.now >= end, state.withLock({ $0.pending.isEmpty }) { break }
            let socket: RealtimeSocket
            do {
                socket = try await RealtimeSocket.open(
                    person.client(connection), onFrame: { self.received($0) },
                    onClose: { _ in self.state.withLock { $0.isOpen = false } })
            } catch {
                // A token that a process with a wrong clock refuses, or has made.
                if (error as? MartletClientError)?.status == 401 { person.client(connection).forgetTokens() }
                try? await Task.sleep(for: .milliseconds(250))
                continue
            }
            let now = ContinuousClock.now
            let repeated = state.withLock { state in
                state.isOpen = true
                for index in state.pending.indices {
                    state.pending[index].sentAt = now
                    state.pending[index].due = nil
                }
                return state.pending
            }
            socket.send(repeated.map(frame))
            await write(socket, &next, until: end, limit: limit)
            socket.close()
        }
        changer.close()
        await changing
    }

    private func write(
        _ socket: RealtimeSocket, _ next: inout Int, until end: ContinuousClock.Instant, limit: ContinuousClock.Instant
    ) async {
        while true {
            let now = ContinuousClock.now
            let (isOpen, waiting, oldest) = state.withLock { ($0.isOpen, $0.pending.count, $0.pending.first?.sentAt) }
            guard isOpen, now < limit, now < end || waiting > 0 else { return }
            if let oldest, now - oldest > Self.patience { return }
            if now < end, waiting < Self.window {
                let key = MessageKey(writer: number, number: next)
                let pending = Pending(number: next, channel: channels[next % channels.count], sentAt: now)
                next += 1
                ledger.sending(key, to: pending.channel)
                state.withLock { $0.pending.append(pending) }
                socket.send([frame(pending)])
            }
            let again = state.withLock { state -> [Pending] in
                var again: [Pending] = []
                for index in state.pending.indices {
                    guard let due = state.pending[index].due, due <= now else { continue }
                    state.pending[index].due = nil
                    state.pending[index].sentAt = now
                    again.append(state.pending[index])
                }
                return again
            }
            if !again.isEmpty { socket.send(again.map(frame)) }
            try? await Task.sleep(for: interval)
        }
    }

    private func frame(_ pending: Pending) -> String {
        let key = MessageKey(writer: number, number: pending.number)
        return #"{"op":"send","id":"\#(pending.number)","channel_id":\#(pending.channel),"text":"\#(key)","#
            + #""nonce":"\#(key)"}"#
    }

    private func received(_ text: String) {
        guard text.hasPrefix(#"{"op":"sent""#) || text.hasPrefix(#"{"op":"error""#), let frame = Frame.read(text),
            let number = frame.id.flatMap({ Int($0) })
        else { return }
        if let id = frame.message_id, let seq = frame.seq {
            let done = state.withLock { state -> Pending? in
                guard let index = state.pending.firstIndex(where: { $0.number == number }) else { return nil }
                return state.pending.remove(at: index)
            }
            let key = MessageKey(writer: self.number, number: number)
            // An answer to the first try may come after the answer to the second: it has to say the same.
            guard let channel = done?.channel ?? ledger.record(of: key)?.channel else { return }
            ledger.acknowledge(
                key, Place(id: id, seq: seq, channel: channel), isDuplicate: frame.duplicate ?? false)
            if done != nil { changer.offer(key, id) }
        } else if let problem = frame.problem {
            problems.withLock { $0["\(problem.status) \(problem.code)", default: 0] += 1 }
            state.withLock { state in
                guard let index = state.pending.firstIndex(where: { $0.number == number }) else { return }
                state.pending[index].due = .now + .milliseconds(300)
            }
        }
    }
}
