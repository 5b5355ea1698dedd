import ChatModel
import ChatService
import ChatStore
import EventLog
import EventLoop
import GatewayKit
import Telemetry
import WebSocket

/// One bot on one WebSocket; everything here happens on its loop.
final class BotConnection: GatewayConnection, @unchecked Sendable {
    /// How long the reader waits for events before the bot's place in the log is noted.
    private static let idleTime = Duration.seconds(20)
    private static let storeDelay = Duration.milliseconds(25)

    private let socket: WebSocketConnection
    private let gateway: BotGateway
    private let loop: EventLoop
    // Touched on the loop only.
    private var token = ""
    private var principal: Principal?
    /// Numbers the connection among those of the bot.
    private var claim: Int64 = 0
    private var window: DeliveryWindow?
    private var isStarting = false
    private var isClosed = false
    private var startTimer: Timer?
    private var delivering: Task<Void, Never>?
    private var waitingForRoom: CheckedContinuation<Void, Never>?
    private var wantsOwn = true
    private var types: [EventType]?
    /// The name of the log that the bot was told last.
    private var toldGeneration = 0
    /// What the bot showed is not good here.
    private var isReloaded = false
    private var cursorToStore: Cursor?
    private var storeTimer: Timer?
    private var isStoring = false

    init(socket: WebSocketConnection, gateway: BotGateway) {
        self.socket = socket
        self.gateway = gateway
        loop = socket.loop
    }

    func start() {
        socket.send(text: BotAnswer.hello(epoch: gateway.log.epoch))
        startTimer = loop.schedule(after: BotGateway.startTimeout) { [weak self] in
            guard let self, principal == nil, !isStarting else { return }
            end(.protocol, "say who you are: {\"op\":\"start\",\"token\":\"mbt_…\"}")
        }
        socket.start(
            onText: { self.received($0) },
            onBinary: { _ in self.end(.protocol, "frames are JSON text") },
            onClose: { _ in self.ended() })
    }

    // MARK: Frames

    private func received(_ text: String) {
        do {
            switch try BotRequest(text) {
            case .start(let start): begin(start)
            case .ack(let cursor): acknowledge(cursor)
            case .unknown: break
            }
        } catch {
            end(.protocol, error.detail)
        }
    }

    private func begin(_ start: BotRequest.Start) {
        guard principal == nil, !isStarting else { return end(.protocol, "this connection has started already") }
        isStarting = true
        token = start.token
        wantsOwn = start.own
        // Ends with the connection, which cancels it.
        delivering = Task(executorPreference: loop) {
            do {
                try await self.serve(start)
            } catch let error as ChatError {
                self.end(.badToken, error.description)
            } catch is CancellationError {
                return
            } catch {
                self.gateway.logger.warn("bot.interrupted", ["error": .error(error)])
                self.end(.unavailable, "the events could not be read; reconnect")
            }
        }
    }

    private func acknowledge(_ cursor: Cursor) {
        // A client's slip must not take it past events that it never saw: a cursor of the future is no news.
        guard var window, cursor <= max(gateway.log.hub.position, window.acknowledged) else { return }
        guard window.acknowledge(cursor) else { return }
        self.window = window
        if let principal { gateway.service.inHand.settle(through: cursor, principal.userID) }
        gateway.acknowledged.add()
        store(cursor)
        wakeDelivery()
    }

    // MARK: Delivery

    private func serve(_ start: BotRequest.Start) async throws {
        let service = gateway.service
        let principal = try await service.authenticate(token)
        guard principal.user.kind == .bot else {
            return end(.badToken, "this endpoint is for bots; people use /v1/ws")
        }
        // The older connection lets go first: its last acknowledgement belongs to the cursor that is read here.
        guard let claim = try await gateway.claim(principal, for: self) else { return endSuperseded() }
        self.claim = claim
        // Who left meanwhile has told so before it stood there.
        if isClosed { return gateway.giveBack(self) }
        let stored = try await service.botCursor(principal)
        let app = try await service.app(of: principal)
        let position = gateway.log.hub.position
        var cursor = try await place(start, stored: stored) ?? position
        let asked = cursor
        // A trim between the question and the opening is noticed by the reader: ask again.
        var opened: EventReader?
        while opened == nil {
            do {
                opened = try await gateway.log.reader(
                    user: principal.userID, app: principal.appID, after: cursor, types: start.types,
                    admit: { try await service.checkStillGood(principal, isFresh: $0) })
            } catch let gap as EventGap where gap.fault == .trimmed {
                guard let trimmed = try await gateway.log.trimmedUpTo(), trimmed > cursor else { throw StuckGap() }
                cursor = trimmed
            }
        }
        guard let reader = opened, let app, !isClosed else { return }
        self.principal = principal
        isStarting = false
        startTimer?.cancel()
        window = DeliveryWindow(limit: BotGateway.maxInFlight, start: cursor)
        types = start.types
        service.inHand.begin(principal.userID)
        service.noteReading(principal, types: types)
        toldGeneration = gateway.log.epochGeneration
        socket.send(
            text: BotAnswer.ready(principal.author, app: app, cursor: cursor, epoch: gateway.log.epoch))
        if cursor > asked { socket.send(text: BotAnswer.gap(from: asked, to: cursor)) }
        // What a new bot has seen of the log begins here, also when it ends before its first acknowledgement.
        if stored == nil || isReloaded { store(cursor) }
        gateway.logger.info("bot.started", ["bot": .string(principal.user.handle), "cursor": .string("\(cursor)")])
        try await deliver(from: reader)
    }

    /// Where to begin; nil for what happens from now on.
    ///
    /// What the bot shows may be of another history of the database, because a backup was put back: then the server
    /// goes on where it knows of itself, and the bot is told to load what it needs anew.
    private func place(_ start: BotRequest.Start, stored: Cursor?) async throws -> Cursor? {
        var gap: EventGap?
        for shown in [start.seen, start.cursor] {
            guard gap == nil, let shown else { continue }
            gap = try await gateway.log.gap(after: shown, epoch: start.epoch)
            if gap?.fault == .trimmed { gap = nil }
        }
        var cursor = start.cursor ?? stored
        if gap != nil { cursor = stored }
        if let known = cursor, let fault = try await gateway.log.gap(after: known, epoch: nil), fault.fault != .trimmed
        {
            // A stored place that the log cannot have given is as bad as a shown one.
            gap = fault
            cursor = nil
        }
        if let gap {
            isReloaded = true
            socket.send(text: BotAnswer.reload(gap.description))
        }
        return cursor
    }

    private func deliver(from reader: EventReader) async throws {
        while !isClosed {
            guard let room = window?.room, room > 0 else {
                await waitForRoom()
                continue
            }
            let events = try await reader.events(limit: room, within: Self.idleTime)
            guard !isClosed else { return }
            try Task.checkCancellation()
            for event in events where window?.wants(event.record.cursor) == true {
                let record = event.record
                if !wantsOwn, record.actorID == principal?.userID { continue }
                window?.sent(record.cursor)
                // Before the bot has it: what it says from here on may come of it.
                if let principal { gateway.service.inHand.take(record, principal.userID) }
                tellName()
                socket.send(frame: event.frame)
                gateway.delivered.add()
            }
            // What was not for this bot is behind it as well; otherwise a quiet bot would fall out of the log.
            if events.isEmpty, window?.isEmpty == true { store(reader.cursor) }
        }
    }

    /// Cursors from here on are good under this name only.
    private func tellName() {
        let generation = gateway.log.epochGeneration
        guard generation != toldGeneration else { return }
        toldGeneration = generation
        socket.send(text: BotAnswer.epoch(gateway.log.epoch))
    }

    private func waitForRoom() async {
        await withCheckedContinuation { continuation in
            if isClosed || (window?.room ?? 0) > 0 {
                continuation.resume()
            } else {
                waitingForRoom = continuation
            }
        }
    }

    private func wakeDelivery() {
        waitingForRoom?.resume()
        waitingForRoom = nil
    }

    // MARK: Cursor

    /// Notes how far the bot has come, a little later, together with what it acknowledges meanwhile.
    ///
    /// For a busy bot the database would have one commit more for each event. What a crash takes is delivered again.
    private func store(_ cursor: Cursor) {
        cursorToStore = cursor
        guard !isStoring, storeTimer == nil else { return }
        if isClosed { return storeNow() }
        storeTimer = loop.schedule(after: Self.storeDelay) { self.storeNow() }
    }

    /// While one note is written, the newest of the following waits.
    private func storeNow() {
        storeTimer?.cancel()
        storeTimer = nil
        guard !isStoring, let cursor = cursorToStore, let principal else { return }
        cursorToStore = nil
        isStoring = true
        // Ends with the answer, also after the connection.
        Task(executorPreference: loop) {
            do {
                try await self.gateway.service.setBotCursor(cursor, claim: self.claim, principal)
            } catch {
                // The next acknowledgement says it again; at worst events are repeated.
                self.gateway.logger.warn("bot.cursorNotStored", ["error": .error(error)])
            }
            self.isStoring = false
            if let newer = self.cursorToStore { self.store(newer) }
        }
    }

    // MARK: End

    /// Closes when the token was replaced or the bot was closed.
    func check() {
        // Ends with one answer; the connection may be gone by then.
        Task(executorPreference: loop) {
            guard self.principal != nil, !self.isClosed else { return }
            do {
                let principal = try await self.gateway.service.authenticate(self.token)
                self.gateway.service.noteReading(principal, types: self.types)
                if try await !self.gateway.isNewest(self.claim, principal) { self.endSuperseded() }
            } catch let error as ChatError {
                self.end(.badToken, error.description)
            } catch {
                // The database does not answer; the next check decides.
            }
        }
    }

    /// Makes room for a newer connection of the same bot.
    func giveWay() {
        loop.executeNow { self.endSuperseded() }
    }

    private func endSuperseded() { end(.superseded, "another connection of this bot has started") }

    /// Tells the bot that the server stops; it reconnects elsewhere or later.
    func goAway() {
        loop.executeNow { self.end(.shutdown, "the server restarts; reconnect") }
    }

    private func end(_ goodbye: Goodbye, _ detail: String) {
        guard !isClosed else { return }
        socket.send(text: BotAnswer.bye(goodbye, detail: detail))
        stop()
        // RFC 6455, section 5.5: a close frame's reason has at most 123 bytes; the whole sentence is in the goodbye.
        socket.close(code: goodbye.closeCode, reason: goodbye.rawValue)
    }

    private func ended() {
        stop()
        gateway.closed(self)
    }

    private func stop() {
        guard !isClosed else { return }
        isClosed = true
        startTimer?.cancel()
        delivering?.cancel()
        wakeDelivery()
        storeNow()
    }
}

/// The reader reports a gap that the store does not know of.
private struct StuckGap: Error, CustomStringConvertible {
    let description = "the log reports a gap without an end"
}
