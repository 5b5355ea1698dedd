import ChatModel
import ChatService
import ChatStore
import EventLog
import EventLoop
import GatewayKit
import HTTPRouting
import Limits
import Synchronization
import Telemetry
import WebSocket

/// One client on one WebSocket; everything here happens on its loop.
///
/// Commands are worked off one after the other, so that messages keep the order in which they were sent; a message's
/// answer comes when it is committed, while the next ones are already on their way.
final class RealtimeConnection: EventReceiver, GatewayConnection, @unchecked Sendable {
    /// Commands that wait to be worked off; above it the socket is not read.
    private static let maximumWaiting = 256
    /// Whose presence one connection may follow.
    private static let maximumWatched = 500
    /// Frames that wait while PostgreSQL is asked once; a client that has more coming reconnects.
    private static let maximumHeld = 4096
    /// History is added only while less than this is unsent.
    private static let congestion = 512 << 10

    private let socket: WebSocketConnection
    private let gateway: RealtimeGateway
    private let loop: EventLoop
    // Touched on the loop only.
    private var principal: Principal?
    /// Nil also of a connection that only writes.
    private var subscription: EventSubscription?
    private var isStarting = false
    /// Whether it has a place among its user's connections.
    private var isCounted = false
    private var hasStarted = false
    private var isClosed = false
    private var waiting: [String] = []
    private var isWorking = false
    private var isPaused = false
    private var startTimer: Timer?
    /// Frames that wait until it is known whether the client may have them; nil while that is not in question.
    private var held: [SharedBytes]?
    private var mustAskAgain = false
    /// The name of the log that the client was told last; see ``LogName/generation``.
    private var toldGeneration = 0

    init(socket: WebSocketConnection, gateway: RealtimeGateway, principal: Principal?) {
        self.socket = socket
        self.gateway = gateway
        self.loop = socket.loop
        self.principal = principal
    }

    func start() {
        socket.send(text: ServerFrame.hello(epoch: gateway.log.epoch))
        startTimer = loop.schedule(after: gateway.startTimeout) {
            self.socket.close(code: 4000, reason: "say who you are: {\"op\":\"start\",\"token\":\"…\"}")
        }
        socket.start(
            onText: { self.received($0) },
            onBinary: { _ in self.socket.close(code: 1003, reason: "frames are JSON text") },
            onClose: { _ in self.ended() })
    }

    // MARK: Events

    var isCongested: Bool { held != nil || socket.unsentBytes > Self.congestion }

    func receive(_ event: PublishedEvent, frame: SharedBytes) {
        gateway.delivered.add()
        let generation = gateway.log.epochGeneration
        if generation != toldGeneration {
            // Cursors from here on are good under this name only.
            toldGeneration = generation
            send(WebSocketFrame.text(ServerFrame.epoch(gateway.log.epoch)))
        }
        send(frame)
    }

    private func send(_ frame: SharedBytes) {
        guard held != nil else { return socket.send(frame: frame) }
        held?.append(frame)
        if held?.count ?? 0 > Self.maximumHeld { close(code: 1011, "too much has happened meanwhile; reconnect") }
    }

    func receive(frame: SharedBytes) {
        // What is not stored is not worth waiting for.
        if !isCongested { socket.send(frame: frame) }
    }

    /// Holds what follows until it is known whether this client may have it.
    func mayHaveEnded() {
        guard held == nil else {
            mustAskAgain = true
            return
        }
        held = []
        // Ends with one answer or few; the connection may be gone by then.
        Task(executorPreference: loop) {
            repeat {
                self.mustAskAgain = false
                guard let principal = self.principal else { return }
                do {
                    let now = try await self.gateway.service.checkStillGood(principal, isFresh: true)
                    // Unless the client has shown another token meanwhile.
                    if self.principal?.issuedAt == principal.issuedAt { self.principal = now }
                } catch let error as ChatError {
                    return self.close(error)
                } catch {
                    // What is held is not given away because the database does not answer.
                    return self.close(code: 1011, "the log-in could not be looked up; reconnect")
                }
            } while self.mustAskAgain
            let frames = self.held ?? []
            self.held = nil
            for frame in frames where !self.isClosed { self.socket.send(frame: frame) }
        }
    }

    // MARK: Commands

    private func received(_ text: String) {
        gateway.received.add()
        waiting.append(text)
        if waiting.count >= Self.maximumWaiting, !isPaused {
            isPaused = true
            socket.pauseReading()
        }
        guard !isWorking else { return }
        isWorking = true
        // Ends when nothing waits; holds the connection until then.
        Task(executorPreference: loop) { await self.work() }
    }

    private func work() async {
        while !isClosed, !waiting.isEmpty {
            let batch = waiting
            waiting = []
            if isPaused {
                isPaused = false
                socket.resumeReading()
            }
            for text in batch where !isClosed { await handle(text) }
        }
        isWorking = false
    }

    private func handle(_ text: String) async {
        let frame: ClientFrame
        do {
            frame = try ClientFrame.decode(text)
        } catch {
            return refuse(
                id: error.id,
                Problem(status: 400, code: "invalid_frame", detail: error.detail, pointer: error.pointer))
        }
        do {
            if frame.op == "start" { return try await begin(frame) }
            if frame.op == "ping" { return socket.send(text: ServerFrame.pong(frame.number)) }
            guard let principal, hasStarted else {
                throw Problem(status: 401, code: "not_started", detail: "Begin with {\"op\":\"start\",…}.")
            }
            // From memory, as a rule, which follows the log.
            if frame.op != "auth", let error = try await refusal(of: principal) { return close(error) }
            try await perform(frame, principal)
        } catch {
            refuse(id: frame.id, Self.problem(error))
        }
    }

    private func perform(_ frame: ClientFrame, _ principal: Principal) async throws {
        switch frame.op {
        case "send": try await send(frame, principal)
        case "read":
            guard let channel = frame.channelID, let seq = frame.seq else { throw Self.missing("/channel_id", "/seq") }
            let position = try await gateway.service.markRead(channel, upTo: seq, by: principal)
            socket.send(
                text: ServerFrame.read(id: frame.id, channel: channel, position))
        case "delivered":
            guard let channel = frame.channelID, let seq = frame.seq else { throw Self.missing("/channel_id", "/seq") }
            try await gateway.service.markDelivered(channel, upTo: seq, by: principal)
        case "typing":
            guard let channel = frame.channelID else { throw Self.missing("/channel_id") }
            // More than a person types tells nobody anything.
            guard gateway.typingLimiter.take(LimitKey(principal.userID.rawValue)).isAllowed else { return }
            try await gateway.service.checkMayType(in: channel, principal)
            gateway.ephemeral.typing(in: channel, user: principal.userID, app: principal.appID)
        case "presence":
            let users = frame.users ?? []
            guard users.count <= Self.maximumWatched else {
                throw Problem.unprocessable(
                    code: "too_many_users", "Ask about at most \(Self.maximumWatched) users.", pointer: "/users")
            }
            // Watched first, so that no change is missed between the answer and what follows.
            subscription?.watch(Set(users))
            let online = try await gateway.ephemeral.online(users, in: principal.appID)
            socket.send(text: ServerFrame.presences(id: frame.id, users.map { ($0, online.contains($0)) }))
        case "auth":
            guard let token = frame.token else { throw Self.missing("/token") }
            let renewed = try await gateway.service.authenticate(token)
            guard renewed.userID == principal.userID, renewed.appID == principal.appID else {
                throw ChatError(.forbidden, "other_user", "The token belongs to another user.")
            }
            self.principal = renewed
        default:
            throw Problem(
                status: 400, code: "unknown_op",
                detail:
                    "There is no op \"\(frame.op.prefix(40))\"; there are start, send, read, delivered, typing, presence, auth, ping.",
                pointer: "/op")
        }
    }

    private func send(_ frame: ClientFrame, _ principal: Principal) async throws {
        guard let channel = frame.channelID else { throw Self.missing("/channel_id") }
        var at: Int64?
        if let text = frame.at {
            guard let time = Timestamp.parse(text) else {
                throw Problem.unprocessable("`at` is a time such as 2026-01-31T09:05:07Z.", pointer: "/at")
            }
            at = time
        }
        let draft = MessageDraft(
            channelID: channel, text: frame.text ?? "", content: frame.content, threadRootID: frame.threadRootID,
            nonce: frame.nonce, kind: frame.kind ?? .text, authorID: frame.authorID, at: at,
            allowedMentions: frame.allowedMentions)
        let id = frame.id
        await gateway.service.submit(draft, as: principal) { [socket] result in
            switch result {
            case .success(let place): socket.send(text: ServerFrame.sent(id: id, place))
            case .failure(let error): socket.send(text: ServerFrame.error(id: id, Self.problem(error)))
            }
        }
    }

    private func begin(_ frame: ClientFrame) async throws {
        guard !hasStarted, !isStarting else {
            throw Problem(status: 409, code: "already_started", detail: "This connection has started already.")
        }
        isStarting = true
        defer { isStarting = false }
        if let token = frame.token { principal = try await gateway.service.authenticate(token) }
        guard let principal else { throw Self.missing("/token") }
        guard takePlace(principal) else { return }
        var cursor: Cursor?
        if let text = frame.cursor {
            guard let parsed = Cursor(text) else {
                throw Problem.unprocessable("`cursor` has the form 812-77.", pointer: "/cursor")
            }
            cursor = parsed
        }
        // Everything that may fail comes before the subscription: after an error the client can start again.
        if let asked = cursor, let gap = try await gateway.log.gap(after: asked, epoch: frame.epoch) {
            socket.send(text: ServerFrame.reload(gap.description))
            cursor = nil
        }
        let me = try await gateway.service.me(principal)
        toldGeneration = gateway.log.epochGeneration
        let epoch = gateway.log.epoch
        if frame.events == false {
            hasStarted = true
            stopTimer()
            return socket.send(
                text: ServerFrame.ready(me, cursor: cursor ?? gateway.log.hub.position, epoch: epoch))
        }
        let (subscription, position) = try await gateway.log.subscription(
            user: principal.userID, app: principal.appID, receiver: self, loop: loop)
        // What ended before this place in the log is told by no event behind it.
        do { try await gateway.service.checkStillGood(principal) } catch {
            subscription.close()
            throw error
        }
        guard !isClosed else { return subscription.close() }
        self.subscription = subscription
        hasStarted = true
        gateway.service.noteReading(principal)
        stopTimer()
        gateway.ephemeral.connected(principal.userID, in: principal.appID)
        socket.send(text: ServerFrame.ready(me, cursor: cursor ?? position, epoch: epoch))
        // The history is sent beside the commands: a client may write while it catches up. Ends when it is live.
        Task(executorPreference: loop) {
            do {
                try await subscription.run(after: cursor ?? position)
            } catch {
                self.gateway.logger.warn("realtime.interrupted", ["error": .error(error)])
                self.socket.close(code: 1011, reason: "the history could not be read; reconnect")
            }
        }
    }

    /// Counts this connection among those of its user; one too many is closed, and those that are open stay.
    private func takePlace(_ principal: Principal) -> Bool {
        guard !isClosed else { return false }
        if isCounted { return true }
        isCounted = gateway.sockets.enter(LimitKey(principal.userID.rawValue))
        if !isCounted {
            socket.close(
                code: 4008,
                reason: "this account has \(gateway.sockets.maximum) connections already; close one, then reconnect")
        }
        return isCounted
    }

    private func refuse(id: String?, _ problem: Problem) { socket.send(text: ServerFrame.error(id: id, problem)) }

    static func problem(_ error: any Error) -> Problem {
        switch error {
        case let problem as Problem: problem
        case let error as any ProblemConvertible: error.problem
        default: .unavailable(code: "unavailable", "This could not be done at the moment; try again.")
        }
    }

    private static func missing(_ pointers: String...) -> Problem {
        .unprocessable(
            code: "missing_field", "This op needs \(pointers.joined(separator: " and ")).", pointer: pointers[0])
    }

    // MARK: End

    /// Closes when the token has ended or the account was closed.
    func check() {
        // Ends with one answer; the connection may be gone by then.
        Task(executorPreference: loop) {
            guard let principal = self.principal, self.hasStarted else { return }
            // While the database does not answer, the next check decides.
            if let error = try? await self.refusal(of: principal) { self.close(error) }
        }
    }

    /// Why the client would not be let in now; nil when it would.
    private func refusal(of principal: Principal) async throws -> ChatError? {
        do {
            try await gateway.service.checkStillGood(principal)
            return nil
        } catch let error as ChatError {
            return error
        }
    }

    private func close(_ error: ChatError) {
        if error.code == ChatError.expiredTokenCode {
            close(code: 4001, "the token has expired; reconnect with a fresh one")
        } else {
            close(code: 4003, "the account, the log-in or the token was ended")
        }
    }

    /// Closes without what is held.
    private func close(code: UInt16, _ reason: String) {
        // Nothing leaves any more, whoever still hands something over.
        held = []
        socket.close(code: code, reason: reason)
        subscription?.close()
    }

    /// Tells the client that the server stops; it reconnects elsewhere or later with its cursor.
    func goAway() { socket.close(code: 1012, reason: "the server restarts; reconnect") }

    /// The timer holds the connection as long as it is held itself.
    private func stopTimer() {
        startTimer?.cancel()
        startTimer = nil
    }

    private func ended() {
        guard !isClosed else { return }
        isClosed = true
        stopTimer()
        waiting = []
        subscription?.close()
        if let principal, isCounted { gateway.sockets.leave(LimitKey(principal.userID.rawValue)) }
        if let principal, subscription != nil {
            gateway.ephemeral.disconnected(principal.userID, in: principal.appID)
        }
        // It holds this connection as its receiver.
        subscription = nil
        gateway.closed(self)
    }
}
