import ChatModel
import EventLoop
import HTTPTypes
import MartletClient
import Synchronization
import WebSocket

/// A person or a bot that listens on a WebSocket, and comes back when the connection is gone.
///
/// A person names the cursor of the last event that it saw; a bot acknowledges, and lets the server remember. Each
/// connection goes to the next process of the role `api`.
final class SocketReader: Sendable {
    enum Interface {
        case person(Person)
        case bot(token: String)
    }

    private struct State {
        var tries = 0
        var session = 0
        var cursor: Cursor?
        var unacknowledged: Cursor?
        var isOpen = false
        var wasReady = false
        var socket: WebSocketConnection?
    }

    let journal: Journal
    private let interface: Interface
    private let urls: [String]
    private let loop: EventLoop
    private let isCut: Bool
    private let random: Mutex<RandomSource>
    private let state = Mutex(State())

    init(_ name: String, _ interface: Interface, urls: [String], loop: EventLoop, isCut: Bool, random: RandomSource) {
        if case .bot = interface {
            journal = Journal(name, repeats: .afterReconnect)
        } else {
            journal = Journal(name, repeats: .never)
        }
        self.interface = interface
        self.urls = urls
        self.loop = loop
        self.isCut = isCut
        self.random = Mutex(random)
    }

    /// Whether it has been ready once: from then on every event counts.
    var wasReady: Bool { state.withLock { $0.wasReady } }

    func run() async {
        while !Task.isCancelled {
            await connectOnce()
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    private func connectOnce() async {
        var headers: HTTPHeaders = [:]
        var path = "/v1/bot"
        let number = state.withLock { state in
            state.tries += 1
            return state.tries
        }
        if case .person(let person) = interface {
            guard let token = try? await person.client(number).accessToken() else { return }
            headers["Authorization"] = "Bearer \(token)"
            path = "/v1/ws"
        }
        let socket: WebSocketConnection
        do {
            socket = try await WebSocketConnection.connect(
                url: "ws" + urls[number % urls.count].dropFirst(4) + path, headers: headers, on: loop)
        } catch {
            if case .person(let person) = interface, (error as? WebSocketError)?.code == .refused(status: 401) {
                person.client(number).forgetTokens()
            }
            return
        }
        let (session, cursor) = state.withLock { state in
            state.session += 1
            state.isOpen = true
            state.unacknowledged = nil
            state.socket = socket
            return (state.session, state.cursor)
        }
        journal.connected()
        loop.execute { [self] in
            socket.start(
                onText: { self.received($0, session) }, onBinary: { _ in },
                onClose: { _ in
                    self.state.withLock { state in if state.session == session { state.isOpen = false } }
                })
            socket.send(text: startFrame(cursor))
        }
        let life = isCut ? random.withLock { $0.duration(1...15) } : .seconds(36_000)
        let end = ContinuousClock.now + life
        while ContinuousClock.now < end, !Task.isCancelled, state.withLock({ $0.isOpen }) {
            try? await Task.sleep(for: .milliseconds(50))
            acknowledge(socket)
        }
        // What still comes on the old connection is not seen: the next one begins at the cursor.
        state.withLock { $0.session += 1 }
        socket.close()
    }

    private func startFrame(_ cursor: Cursor?) -> String {
        switch interface {
        case .bot(let token):
            let types = Frame.types.map { "\"\($0)\"" }.joined(separator: ",")
            return #"{"op":"start","token":"\#(token)","events":[\#(types)],"cursor":null}"#
        case .person:
            guard let cursor else { return #"{"op":"start"}"# }
            return #"{"op":"start","cursor":"\#(cursor)"}"#
        }
    }

    private func received(_ text: String, _ session: Int) {
        guard let frame = Frame.read(text) else { return journal.trouble("cannot read \(text.prefix(200))") }
        guard state.withLock({ $0.session == session }) else { return }
        switch frame.op {
        case "ready":
            state.withLock { state in
                state.wasReady = true
                if state.cursor == nil { state.cursor = frame.cursor }
            }
        case "event":
            guard let cursor = frame.cursor else { return journal.trouble("an event without a cursor") }
            state.withLock { state in
                state.cursor = cursor
                state.unacknowledged = cursor
            }
            if let sighting = frame.sighting { journal.saw(sighting, at: cursor) }
        case "reload", "gap": journal.trouble("was told \(text.prefix(200))")
        case "error": state.withLock { $0.isOpen = false }
        default: break
        }
    }

    private func acknowledge(_ socket: WebSocketConnection) {
        guard case .bot = interface else { return }
        let cursor = state.withLock { state in
            defer { state.unacknowledged = nil }
            return state.unacknowledged
        }
        if let cursor { socket.send(text: #"{"op":"ack","cursor":"\#(cursor)"}"#) }
    }
}
