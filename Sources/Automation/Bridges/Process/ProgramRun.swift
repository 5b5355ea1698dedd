import BridgeKit
import ChatModel
import EventLoop
import Lifecycle
import Subprocess
import Synchronization
import Telemetry

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One run of a bridge's program, from its start until it has ended and been reaped.
///
/// What the program does wrong ends the run; the events in its hands then fail and come again.
final class ProgramRun: @unchecked Sendable {
    struct Limits: Sendable {
        var timeout: Duration
        var maximumLine: Int
    }

    private struct Delivery {
        let ticket: Int
        let event: BridgeEvent
        let continuation: CheckedContinuation<Void, any Error>
        let timer: Timer
    }

    /// What the program does not read piles up to here.
    private static let maximumUnsent = 32 << 20
    private static let maximumPosts = 64
    private static let maximumErrorLine = 4096

    /// Opens when the program is ready, or will never be.
    let opened = Latch()
    /// Opens when nothing of the program is left.
    let ended = Latch()
    private let loop: EventLoop
    private let context: BridgeContext
    private let limits: Limits
    private let child: ChildProcess
    private let readiness = Mutex(false)
    private let failureReason = Mutex<String?>(nil)
    private let nextTicket = Atomic<Int>(0)
    // Touched on the loop only, like all below.
    private var writer: PipeWriter?
    private var output: PipeReader?
    private var errors: PipeReader?
    private var deliveries: [String: Delivery] = [:]
    private var cancelledTickets: Set<Int> = []
    private var posts = 0
    private var allowance = LogAllowance()
    private var lastErrorLine = ""

    /// Starts the program and greets it.
    static func start(
        _ command: ProgramCommand, greeting: [UInt8], limits: Limits, context: BridgeContext, loop: EventLoop
    ) async throws -> ProgramRun {
        guard let input = Pipe(nonBlocking: \.write), let output = Pipe(nonBlocking: \.read),
            let errors = Pipe(nonBlocking: \.read)
        else { throw BridgeError.targetDown(reason: "the server has no file descriptors left") }
        let theirs = [input.read, output.write, errors.write]
        let child: ChildProcess
        do {
            defer { closeDescriptors(theirs) }
            child = try await ChildProcess.start(
                command.childCommand(.init(input: input.read, output: output.write, errors: errors.write)), on: loop)
        } catch {
            closeDescriptors([input.write, output.read, errors.read])
            throw BridgeError.targetDown(reason: ErrorText.of(error))
        }
        let run = ProgramRun(child: child, limits: limits, context: context, loop: loop)
        loop.execute { run.open(input.write, output.read, errors.read, greeting) }
        // Ends with the program.
        Task {
            await child.ended.wait()
            loop.execute { run.programEnded() }
        }
        return run
    }

    private init(child: ChildProcess, limits: Limits, context: BridgeContext, loop: EventLoop) {
        self.child = child
        self.limits = limits
        self.context = context
        self.loop = loop
    }

    /// Whether it takes events.
    var isReady: Bool { readiness.withLock { $0 } }
    /// Why it takes no events any more.
    var failure: String? { failureReason.withLock { $0 } }

    /// Hands an event to the program and waits for its answer.
    func deliver(_ event: BridgeEvent) async throws {
        let ticket = nextTicket.add(1, ordering: .relaxed).newValue
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.execute { self.begin(event, ticket, continuation) }
            }
        } onCancel: {
            loop.execute { self.cancel(event.cursor.description, ticket) }
        }
    }

    /// Ends the run for a reason that is not the program's own end.
    func end(_ reason: String) { loop.execute { self.fail(reason) } }

    /// Lets the program end by itself at the end of its input; for a while.
    func stop() async {
        loop.execute { self.writer?.close() }
        if await ended.wait(until: .now + .seconds(2)) { return }
        end("the bridge was stopped")
        await ended.wait()
    }

    // MARK: On the loop

    private func open(_ input: Int32, _ output: Int32, _ errors: Int32, _ greeting: [UInt8]) {
        writer = PipeWriter(loop: loop, descriptor: input)
        self.output = PipeReader(loop: loop, descriptor: output, limit: limits.maximumLine) { [weak self] in
            self?.take($0)
        }
        self.errors = PipeReader(loop: loop, descriptor: errors, limit: Self.maximumErrorLine) { [weak self] in
            self?.takeError($0)
        }
        send(greeting)
    }

    private func begin(_ event: BridgeEvent, _ ticket: Int, _ continuation: CheckedContinuation<Void, any Error>) {
        let id = event.cursor.description
        if cancelledTickets.remove(ticket) != nil { return continuation.resume(throwing: CancellationError()) }
        guard failure == nil else {
            return continuation.resume(throwing: BridgeError.targetDown(reason: failure ?? ""))
        }
        guard deliveries[id] == nil else {
            return continuation.resume(
                throwing: BridgeError.retry(reason: "the program has this event in its hands already"))
        }
        let timer = loop.schedule(after: limits.timeout) { [weak self] in
            self?.fail("the program did not answer an event in time")
        }
        deliveries[id] = Delivery(ticket: ticket, event: event, continuation: continuation, timer: timer)
        send(ProgramMessage.event(id: id, app: event.app, attempt: event.attempt, json: event.json))
    }

    private func cancel(_ id: String, _ ticket: Int) {
        if deliveries[id]?.ticket == ticket {
            finish(id, .failure(CancellationError()))
        } else if failure == nil {
            cancelledTickets.insert(ticket)
        }
    }

    private func finish(_ id: String, _ result: Result<Void, any Error>) {
        guard let delivery = deliveries.removeValue(forKey: id) else { return }
        delivery.timer.cancel()
        delivery.continuation.resume(with: result)
    }

    private func send(_ line: [UInt8]) {
        guard failure == nil, let writer else { return }
        writer.write(line)
        if writer.unsentBytes > Self.maximumUnsent { fail("the program does not read what it is sent") }
    }

    private func take(_ item: PipeReader.Item) {
        guard failure == nil else { return }
        switch item {
        case .overlong: fail("the program wrote a line of more than \(limits.maximumLine) bytes")
        case .end:
            // It is mostly about to end; the way it ends says more.
            _ = loop.schedule(after: .milliseconds(500)) { [weak self] in self?.fail("the program closed its output") }
        case .line(let line):
            guard !line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) else { return }
            do { perform(try ProgramMessage(line)) } catch { fail("the program wrote \(error.reason)") }
        }
    }

    private func perform(_ message: ProgramMessage) {
        switch message {
        case .ready:
            readiness.withLock { $0 = true }
            opened.open()
        case .ack(let id): finish(id, .success(()))
        case .nack(let id, let wait, let reason):
            finish(id, .failure(BridgeError.retry(after: wait, reason: reason)))
        case .drop(let id, let reason): finish(id, .failure(BridgeError.giveUp(reason: reason)))
        case .log(let level, let message): log(level, message)
        case .post(let post): begin(post)
        }
    }

    private func takeError(_ item: PipeReader.Item) {
        switch item {
        case .line(let line) where !line.isEmpty:
            let text = String(decoding: line, as: UTF8.self)
            lastErrorLine = String(text.prefix(300))
            log("stderr", text)
        case .overlong: log("stderr", "a line of more than \(Self.maximumErrorLine) bytes was left out")
        case .line, .end: break
        }
    }

    private func log(_ level: String, _ message: String) {
        guard let dropped = allowance.take() else { return }
        var values = ["message": String(message.prefix(Self.maximumErrorLine))]
        if dropped > 0 { values["droppedBefore"] = "\(dropped)" }
        switch level {
        case "error": context.log.error("bridge.program_says", values)
        case "warn", "warning", "stderr": context.log.warn("bridge.program_says", values)
        default: context.log.info("bridge.program_says", values)
        }
    }

    private func fail(_ reason: String) {
        guard failure == nil else { return }
        failureReason.withLock { $0 = reason }
        readiness.withLock { $0 = false }
        for id in deliveries.keys { finish(id, .failure(BridgeError.retry(reason: reason))) }
        cancelledTickets = []
        writer?.close()
        opened.open()
        // Ends with the program.
        Task { [child] in await child.stop([(SIGTERM, .seconds(2))]) }
    }

    private func programEnded() {
        output?.drain()
        errors?.drain()
        let ending = child.ending.map { "\($0)" } ?? "no word"
        fail("the program ended with \(ending)\(lastErrorLine.isEmpty ? "" : ": \(lastErrorLine)")")
        output?.close()
        errors?.close()
        writer?.close()
        ended.open()
    }

    // MARK: Posting

    private func begin(_ post: ProgramMessage.Post) {
        guard posts < Self.maximumPosts else {
            return answer(post, .failure(BridgeError.retry(reason: "too many posts at once")))
        }
        posts += 1
        let cause = post.event.flatMap { deliveries[$0]?.event }
        // A program that does not say what it answers could go in circles with another.
        let hops = cause?.event.hops ?? deliveries.values.map(\.event.event.hops).max() ?? 0
        let app = cause?.app ?? context.app
        // Ends when the chat has answered.
        Task { [context, loop] in
            let result: Result<Message, any Error>
            do {
                let channel: Channel?
                switch post.channel {
                case .string(let name): channel = try await context.chat.channel(named: name, in: app)
                case .integer(let id): channel = try await context.chat.channel(ChannelID(id), in: app)
                default: channel = nil
                }
                guard let channel else { throw BridgeError.giveUp(reason: "there is no such channel") }
                result = .success(
                    try await context.chat.post(
                        BridgePost(
                            channel: channel.id, text: post.text, threadRoot: post.threadRoot, nonce: post.nonce,
                            hops: hops), in: app))
            } catch { result = .failure(error) }
            loop.execute {
                self.posts -= 1
                self.answer(post, result)
            }
        }
    }

    private func answer(_ post: ProgramMessage.Post, _ result: Result<Message, any Error>) {
        switch result {
        case .success(let message):
            send(
                ProgramMessage.line([
                    "op": "posted", "ref": post.reference, "message_id": .integer(message.id.rawValue),
                ]))
        case .failure(let error):
            send(ProgramMessage.line(["op": "error", "ref": post.reference, "reason": .string(ErrorText.of(error))]))
        }
    }
}
