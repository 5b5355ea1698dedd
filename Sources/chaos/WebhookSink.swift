import ChatModel
import EventLoop
import Foundation
import HTTPServer
import HTTPTypes
import Synchronization
import Telemetry

/// The receiver of a webhook bridge: refuses some events, and leaves some unanswered.
final class WebhookSink: Sendable {
    let journal = Journal("webhook bridge", repeats: .always)
    private let server = Mutex<HTTPServer?>(nil)

    private struct State {
        var random: RandomSource
        var isHonest = false
        var identifiers: [String: Cursor] = [:]
        var refused = 0
    }

    private let state: Mutex<State>

    init(random: RandomSource) { state = Mutex(State(random: random)) }

    var refused: Int { state.withLock { $0.refused } }

    /// From now on every event is taken.
    func behave() { state.withLock { $0.isHonest = true } }

    /// - Returns: The URL for the bridge's file.
    func start() throws -> String {
        let group = EventLoopGroup(count: 1, name: "sink")
        let server = HTTPServer(
            HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), group: group, logger: .silent,
            metrics: Metrics()
        ) { [self] request in await take(request) }
        try server.start()
        self.server.withLock { $0 = server }
        return "http://\(server.address)/chaos"
    }

    private func take(_ request: HTTPRequest) async -> HTTPResponse {
        let mood = state.withLock { state -> Int in
            guard !state.isHonest else { return 0 }
            if state.random.chance(0.01) { return 1 }
            return state.random.chance(0.001) ? 2 : 0
        }
        if mood > 0 {
            state.withLock { $0.refused += 1 }
            if mood == 2 { try? await Task.sleep(for: .seconds(3)) }
            return HTTPResponse(status: 500, text: "not now")
        }
        guard let identifier = request.headers["webhook-id"],
            let event = try? JSONDecoder().decode(Frame.self, from: Data(request.body)), let cursor = event.cursor,
            let sighting = event.sighting
        else {
            journal.trouble("cannot read \(String(decoding: request.body.prefix(200), as: UTF8.self))")
            return HTTPResponse(status: 200)
        }
        let before = state.withLock { state in
            defer { state.identifiers[identifier] = cursor }
            return state.identifiers[identifier]
        }
        if let before, before != cursor { journal.trouble("\(identifier) named two events") }
        journal.saw(sighting, at: cursor)
        return HTTPResponse(status: 200)
    }
}
