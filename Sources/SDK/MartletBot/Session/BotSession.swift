import Foundation
import Lifecycle
import Synchronization
package import Telemetry

/// A bot at work: keeps the stream of events open, has the events handled and acknowledges them.
///
/// An event is acknowledged after its handlers ended and their changes are stored. When the connection is lost the
/// handlers go on; the next connection resumes after what was acknowledged, and events that come again while they are
/// under way are recognised by their cursor.
package final class BotSession: Sendable {
    private struct Delivery: Sendable {
        var event: Event
        var generation: Int
    }

    private struct Core {
        var machine = SessionStateMachine()
        var ledger = DeliveryLedger()
        var lanes: ChannelLanes<Delivery>
        var link: (any BotLink)?
        var bot: Author?
        var runningTimers = 0
        var isStopping = false
    }

    /// How a connection ended.
    private enum Ending {
        case again(String)
        case stopped
        case failed(BotError)
    }

    private let dispatcher: Dispatcher
    private let options: BotOptions
    private let transport: any BotTransport
    private let clock: any BotClock
    private let store: StateStore
    private let token: String
    private let logger: Logger
    private let runner: HandlerRunner
    private let core: Mutex<Core>
    private let stopping = Latch()
    private let drained = Latch()

    package init(
        bot: Bot, transport: any BotTransport, clock: any BotClock, store: StateStore, token: String, logger: Logger,
        onDeadLetter: @escaping @Sendable (DeadLetter) -> Void = { _ in }
    ) {
        dispatcher = bot.dispatcher
        options = bot.options
        self.transport = transport
        self.clock = clock
        self.store = store
        self.token = token
        self.logger = logger
        runner = HandlerRunner(
            dispatcher: bot.dispatcher, options: bot.options, api: BotAPI(transport: transport, clock: clock),
            clock: clock, store: store, logger: logger, onDeadLetter: onDeadLetter)
        core = Mutex(Core(lanes: ChannelLanes(limit: bot.options.channelsSideBySide)))
    }

    /// Serves until ``shutdown()`` is called.
    ///
    /// - Throws: ``BotError``: `refused` when the server ended the session for good, `state` when the bot's state
    ///   cannot be read.
    package func run() async throws {
        try await store.load()
        let failure = await withDiscardingTaskGroup(returning: BotError?.self) { group in
            group.addTask { await self.runner.watchDeadline() }
            let failure = await serve(&group)
            shutdown()
            if await !drained.wait(until: .now + options.shutdownGrace) { logger.warn("bot.slowHandlers") }
            group.cancelAll()
            return failure
        }
        let (link, cursor) = core.withLock { core in
            (core.link, core.machine.isReady ? core.ledger.tell() : nil)
        }
        if let link, let cursor { acknowledge(cursor, over: link) }
        link?.close()
        if let failure { throw failure }
    }

    /// Asks for the end: nothing new is begun, handlers that run may finish within ``BotOptions/shutdownGrace``.
    package func shutdown() {
        let link = core.withLock { core in
            core.isStopping = true
            return core.link
        }
        stopping.open()
        link?.stopReceiving()
        openDrainedIfIdle()
    }

    private func openDrainedIfIdle() {
        let isIdle = core.withLock { $0.isStopping && $0.lanes.workers == 0 && $0.runningTimers == 0 }
        if isIdle { drained.open() }
    }

    // MARK: Connection

    private func serve(_ group: inout DiscardingTaskGroup) async -> BotError? {
        var backoff = Backoff(first: .milliseconds(500), max: .seconds(60))
        while !stopping.isOpen, !Task.isCancelled {
            let began = clock.now()
            switch await connect(&group) {
            case .stopped: return nil
            case .failed(let error): return error
            case .again(let reason):
                // A connection that lasted was a good one; one that breaks at once must not be retried at once.
                if clock.now().timeIntervalSince(began) >= 60 { backoff.reset() }
                let wait = backoff.next()
                logger.warn(
                    "bot.reconnecting", ["reason": .string(reason), "inSeconds": .double(wait.timeInterval)])
                await unlessStopping { [clock] in try? await clock.pause(for: wait) }
            }
        }
        return nil
    }

    private func connect(_ group: inout DiscardingTaskGroup) async -> Ending {
        let link: any BotLink
        do {
            guard let opened = try await openUnlessStopping() else { return .stopped }
            link = opened
        } catch {
            return .again(ErrorText.of(error))
        }
        let isLate = core.withLock { core in
            core.machine = SessionStateMachine()
            core.link = link
            return core.isStopping
        }
        let greeted = Latch()
        group.addTask {
            if await !greeted.wait(until: .now + .seconds(15)) { link.close() }
        }
        let ending =
            isLate
            ? .stopped
            // Beside its connection: a frame is read without a change of threads.
            : await withTaskExecutorPreference(transport.executor) {
                await converse(over: link, greeted: greeted, &group)
            }
        greeted.open()
        // While the bot stops, handlers still need the link for their acknowledgements.
        if case .stopped = ending { return ending }
        core.withLock { $0.link = nil }
        link.close()
        return ending
    }

    /// - Returns: nil when the bot was asked to stop first.
    private func openUnlessStopping() async throws -> (any BotLink)? {
        try await withThrowingTaskGroup(of: (any BotLink)?.self) { [transport, stopping] group in
            group.addTask { try await transport.connect() }
            group.addTask {
                await stopping.wait()
                return nil
            }
            let first = try await group.next() ?? nil
            group.cancelAll()
            // A connection that comes too late has no other owner.
            if first == nil { while let late = try? await group.next() { late?.close() } }
            return first
        }
    }

    private func converse(over link: any BotLink, greeted: Latch, _ group: inout DiscardingTaskGroup) async -> Ending {
        let reader = FrameReader()
        while let text = await link.next() {
            guard let frame = try? reader.read(text) else { return .again("the server sent an unreadable frame") }
            switch core.withLock({ $0.machine.received(frame) }) {
            case .none: continue
            case .start:
                let (cursor, epoch) = core.withLock { ($0.ledger.resumeCursor, $0.ledger.epoch) }
                let known = store.place
                link.send(
                    ClientFrame.start(
                        token: token, events: dispatcher.eventTypes, cursor: cursor, seen: known.seen,
                        epoch: epoch ?? known.epoch
                    ).text)
            case .begin(let bot, let cursor, let epoch, let isOther):
                greeted.open()
                reader.skipData(of: bot.id)
                begin(bot, cursor, epoch, isOther: isOther, over: link, &group)
            case .rename(let epoch):
                core.withLock { $0.ledger.rename(epoch) }
                store.rename(epoch)
            case .handle(let event):
                guard accept(event, &group) else { return .again("the server sent more events than it announced") }
            case .reportGap(let from, let to, let reason):
                logger.error(
                    "bot.gap", ["from": .string(from), "to": .string(to), "reason": .string(reason)])
            case .reconnect(let reason): return .again(reason)
            case .end(let code, let reason):
                return .failed(BotError(code, "the server ended the session, \(reason)"))
            }
        }
        return stopping.isOpen ? .stopped : .again("the connection was closed")
    }

    private func begin(
        _ bot: Author, _ cursor: Cursor, _ epoch: String, isOther: Bool, over link: any BotLink,
        _ group: inout DiscardingTaskGroup
    ) {
        if isOther { logger.error("bot.log_replaced", ["epoch": .string(epoch), "cursor": .string("\(cursor)")]) }
        let (isFirst, acknowledged) = core.withLock { core in
            core.ledger.begin(epoch: epoch, cursor: cursor, isOther: isOther)
            if isOther { core.lanes.dropWaiting() }
            // A quarter of what may be under way, so that the server never waits for it.
            core.ledger.together = max(1, core.machine.maxInFlight / 4)
            defer { core.bot = bot }
            return (core.bot == nil, core.ledger.acknowledged)
        }
        store.begin(epoch: epoch, acknowledged: acknowledged, isOther: isOther)
        // Handlers may have ended while there was no connection.
        if acknowledged > cursor { link.send(ClientFrame.ack(acknowledged).text) }
        logger.info("bot.ready", ["bot": .string(bot.handle), "cursor": .string("\(acknowledged)")])
        guard isFirst else { return }
        for (index, timer) in dispatcher.timers.enumerated() {
            group.addTask(executorPreference: globalConcurrentExecutor) {
                await self.run(timer, index: index, for: bot)
            }
        }
    }

    // MARK: Events

    /// - Returns: False when more is under way than the server said it would send.
    private func accept(_ event: Event, _ group: inout DiscardingTaskGroup) -> Bool {
        enum Step {
            case nothing, overflow
            case work(Delivery, Author)
            case acknowledge(Cursor, (any BotLink)?)
        }
        let step = core.withLock { core -> Step in
            // What was under way before a reconnect may come on top. Asked first: an event that is received is owed.
            guard core.ledger.openCount < 2 * core.machine.maxInFlight else { return .overflow }
            guard let bot = core.bot, core.ledger.receive(event.cursor) else { return .nothing }
            let generation = core.ledger.generation
            guard dispatcher.isAllowed(event, for: bot) else {
                let cursor = core.ledger.finish(event.cursor, generation: generation)
                return cursor.map { .acknowledge($0, core.machine.isReady ? core.link : nil) } ?? .nothing
            }
            let delivery = Delivery(event: event, generation: generation)
            return core.lanes.add(delivery, to: event.channelID) ? .work(delivery, bot) : .nothing
        }
        switch step {
        case .nothing: return true
        case .overflow: return false
        case .work(let delivery, let bot):
            // Handlers may compute for as long as they like, the loop of the connection may not.
            group.addTask(executorPreference: globalConcurrentExecutor) { await self.work(on: delivery, for: bot) }
            return true
        case .acknowledge(let cursor, let link):
            acknowledge(cursor, over: link)
            return true
        }
    }

    /// Handles an event, then what waits behind it, until nothing waits.
    private func work(on first: Delivery, for bot: Author) async {
        var next: Delivery? = first
        while let delivery = next {
            let isDone = await runner.handle(delivery.event, for: bot)
            let (link, cursor, following) = core.withLock { core -> ((any BotLink)?, Cursor?, Delivery?) in
                let link = core.machine.isReady ? core.link : nil
                let cursor =
                    isDone ? core.ledger.finish(delivery.event.cursor, generation: delivery.generation) : nil
                guard isDone, !core.isStopping else {
                    core.lanes.stop(delivery.event.channelID)
                    return (link, cursor, nil)
                }
                return (link, cursor, core.lanes.finish(delivery.event.channelID)?.item)
            }
            if let cursor { acknowledge(cursor, over: link) }
            next = following
        }
        openDrainedIfIdle()
    }

    private func acknowledge(_ cursor: Cursor, over link: (any BotLink)?) {
        link?.send(ClientFrame.ack(cursor).text)
        store.acknowledged(cursor)
    }

    // MARK: Timers

    private func run(_ timer: TimerPart, index: Int, for bot: Author) async {
        let period = timer.period.timeInterval
        var due = clock.now() + period
        while true {
            await unlessStopping { [clock, due] in try? await clock.sleep(until: due) }
            let mayRun = core.withLock { core in
                guard !core.isStopping, !Task.isCancelled else { return false }
                core.runningTimers += 1
                return true
            }
            guard mayRun else { return }
            let milliseconds = Int64(due.timeIntervalSince1970 * 1000)
            await runner.fire(timer, nonceBase: "timer-\(index)-\(milliseconds)", for: bot)
            core.withLock { $0.runningTimers -= 1 }
            openDrainedIfIdle()
            due = max(due + period, clock.now())
        }
    }

    /// Runs `work`, and cancels it when the bot stops.
    private func unlessStopping(_ work: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { [stopping] group in
            group.addTask { await work() }
            group.addTask { await stopping.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}
