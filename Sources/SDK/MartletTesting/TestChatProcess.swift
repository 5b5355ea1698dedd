import Foundation
import MartletBot

/// What one run of the bot gets of the chat; once it was killed, nothing of it has an effect.
final class TestChatProcess: BotTransport, BotClock, StateFile {
    private struct Lost: Error {}

    private let server: TestChatServer
    let number: Int

    init(server: TestChatServer, number: Int) {
        self.server = server
        self.number = number
    }

    /// Changes the chat on behalf of this process.
    ///
    /// - Throws: `CancellationError` when the process is dead.
    private func change<Value: Sendable>(_ change: (inout TestChatState) throws -> Value) throws -> Value {
        try server.change { state in
            guard state.process == number, state.isProcessAlive else { throw CancellationError() }
            return try change(&state)
        }
    }

    // MARK: Transport

    func connect() async throws -> any BotLink {
        try change { state in
            let link = TestChatLink(process: self)
            state.link = link
            state.isReady = false
            link.deliver([
                "op": "hello", "heartbeat_ms": 25_000, "max_in_flight": .integer(Int64(TestChatState.maxInFlight)),
                "epoch": .string(TestChatState.epoch),
            ])
            return link
        }
    }

    func exchange(_ request: APIRequest) async throws -> APIResponse {
        let response = try change { state -> APIResponse? in
            switch state.failures.isEmpty ? nil : state.failures.removeFirst() {
            case .rateLimited(let wait): return APIResponse(status: 429, retryAfter: wait)
            case .status(let status, let code): return .problem(status, code)
            case .connectionLost: return nil
            case .answerLost:
                _ = state.serve(request)
                return nil
            case nil: return state.serve(request)
            }
        }
        guard let response else { throw Lost() }
        return response
    }

    func received(_ frame: JSONValue, on link: TestChatLink) {
        try? change { state in
            guard state.link === link else { return }
            switch frame["op"]?.string {
            case "start":
                let cursor = frame["cursor"]?.string.flatMap { Cursor($0) } ?? state.acknowledged
                state.subscribed = Set(frame["events"]?.array?.compactMap(\.string).map { EventType($0) } ?? [])
                state.nextEvent = state.events.firstIndex { $0.cursor > cursor } ?? state.events.count
                state.isReady = true
                let bot = state.author(state.user(state.botHandle))
                link.deliver([
                    "op": "ready", "bot": JSONValue(encoding: bot), "app": ["id": 1, "name": "chat"],
                    "cursor": .string("\(cursor)"), "epoch": .string(TestChatState.epoch),
                ])
                state.deliver()
            case "ack":
                guard let cursor = frame["cursor"]?.string.flatMap({ Cursor($0) }) else { return }
                if state.dies(at: .handlerBeforeAck) { return }
                state.acknowledged = max(state.acknowledged, cursor)
                state.deliver()
            default: return
            }
        }
    }

    // MARK: Clock

    func now() -> Date { server.read { $0.now } }

    func pause(for duration: Duration) async throws {
        try change { state in
            state.waits.append(duration)
            state.now += duration.timeInterval
        }
    }

    func sleep(until date: Date) async throws {
        guard await server.sleep(until: date) else { throw CancellationError() }
    }

    // MARK: State

    func read() async throws -> [UInt8]? { try change { $0.stateBytes } }

    func write(_ bytes: [UInt8]) async throws {
        try change { state in
            state.stateBytes = bytes
            _ = state.dies(at: .stateWrite)
        }
    }
}

/// The stream of events of one connection.
final class TestChatLink: BotLink {
    private let queue = FrameQueue()
    private let process: TestChatProcess

    init(process: TestChatProcess) { self.process = process }

    func deliver(_ frame: JSONValue) { _ = queue.push(frame.text) }

    func next() async -> String? { await queue.next() }

    func send(_ frame: String) {
        guard let json = try? JSONDecoder().decode(JSONValue.self, from: Data(frame.utf8)) else { return }
        process.received(json, on: self)
    }

    func stopReceiving() { queue.finish() }

    func close() { queue.finishAfterLast() }
}
