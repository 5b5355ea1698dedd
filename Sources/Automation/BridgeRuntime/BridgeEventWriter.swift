import BridgeKit
import ChatModel
import ChatService
import ChatStore
import EventLog
import Foundation
import Lifecycle
import Synchronization
import Telemetry

/// Writes down what becomes of the bridges, as events.
///
/// Whoever tells something does not wait: it is written soon after, and again when the database was away. What was not
/// written when the process dies is lost; that a bridge begins is told anew after the next start.
final class BridgeEventWriter: Sendable {
    /// The bridge that an event is about.
    struct Subject: Sendable {
        let name: String
        let kind: String
        /// nil for the first one.
        let app: AppID?
    }

    /// The `data` of an event about a bridge.
    struct Content: Encodable, Sendable {
        struct Letter: Encodable, Sendable {
            var cursor: Cursor
            var type: String
            var attempts: Int
            var error: String
        }

        var bridge: String
        var kind: String
        var node: String?
        var reason: String?
        var problems: [String]?
        var count: Int?
        var last: Letter?

        init(_ subject: Subject) {
            bridge = subject.name
            kind = subject.kind
        }

        /// PostgreSQL reads no text that holds NUL.
        func json() throws -> String {
            let data = try JSONEncoder().encode(self)
            return String(decoding: data, as: UTF8.self).replacing("\\u0000", with: "\u{fffd}")
        }
    }

    private struct Note {
        let type: EventType
        let subject: Subject
        var content: Content
        var hops = 0
        /// The file of a bridge that begins.
        var file: BridgeFile?
    }

    private struct State {
        var news: [String: (subject: Subject, news: BridgeNews)] = [:]
        var notes: [Note] = []
        var isStopping = false
    }

    /// Among a bridge's values: the fingerprint of the file that it ran with.
    private static let fileKey = "runtime.file"
    private static let maximumNotes = 1000
    private static let longestText = 500

    private let service: ChatService
    private let store: ChatStore
    private let node: String
    private let logger: Logger
    private let state = Mutex(State())
    private let wake = WakeSignal()

    init(service: ChatService, store: ChatStore, node: String, logger: Logger) {
        self.service = service
        self.store = store
        self.node = node
        self.logger = logger.named("bridges")
    }

    // MARK: What is told

    func began(_ file: BridgeFile, in app: AppID) {
        let subject = Subject(name: file.name, kind: file.kind.kind, app: app)
        append(Note(type: .bridgeStarted, subject: subject, content: content(subject), file: file))
    }

    /// - Parameter reason: `disabled` or `removed`.
    func stopped(_ subject: Subject, reason: String) {
        var content = content(subject)
        content.reason = reason
        append(Note(type: .bridgeStopped, subject: subject, content: content))
    }

    func broken(_ subject: Subject, problems: [String]) {
        var content = content(subject)
        content.problems = problems.prefix(10).map { String($0.prefix(Self.longestText)) }
        append(Note(type: .bridgeBroken, subject: subject, content: content))
    }

    func target(of subject: Subject, isDown: Bool, reason: String) {
        change(subject) { $0.target(isDown: isDown, reason: String(reason.prefix(Self.longestText))) }
    }

    func deadLetter(of subject: Subject, _ event: EventRecord, attempts: Int, error: String) {
        // A bridge that tells of dead letters and fails would otherwise tell of its own for ever.
        guard !event.type.isOfBridges else { return }
        let letter = BridgeNews.DeadLetter(
            app: event.appID, cursor: event.cursor, type: event.type, attempts: attempts,
            error: String(error.prefix(Self.longestText)), hops: event.hops + 1)
        change(subject) { $0.add(letter) }
    }

    /// The `data` of the event that a bridge rests, or goes on.
    static func pause(_ subject: Subject, reason: String?) throws -> String {
        var content = Content(subject)
        content.reason = reason
        return try content.json()
    }

    private func content(_ subject: Subject) -> Content {
        var content = Content(subject)
        content.node = node
        return content
    }

    private func append(_ note: Note) {
        state.withLock { state in
            // The newest says most of how things are.
            if state.notes.count >= Self.maximumNotes { state.notes.removeFirst() }
            state.notes.append(note)
        }
        wake.signal()
    }

    private func change(_ subject: Subject, _ body: (inout BridgeNews) -> Void) {
        state.withLock { body(&$0.news[subject.name, default: (subject, BridgeNews())].news) }
        wake.signal()
    }

    // MARK: Writing

    /// Looks for what is due; called now and then.
    func remind() { wake.signal() }

    /// Writes until ``stop()``.
    func run() async {
        while true {
            await wake.wait()
            let isStopping = state.withLock { $0.isStopping }
            await write()
            if isStopping { return }
        }
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        wake.signal()
    }

    private func write() async {
        collect()
        while let note = state.withLock({ $0.notes.isEmpty ? nil : $0.notes.removeFirst() }) {
            do {
                try await write(note)
            } catch let error as ChatError {
                // There is no such app; nobody could read it.
                logger.warn("bridge.not_told", ["type": .string(note.type.description), "error": .error(error)])
            } catch {
                logger.warn("bridge.told_late", ["type": .string(note.type.description), "error": .error(error)])
                state.withLock { $0.notes.insert(note, at: 0) }
                break
            }
        }
    }

    private func write(_ note: Note) async throws {
        let app = if let app = note.subject.app { app } else { try await service.app(named: nil) }
        let data = try note.content.json()
        guard let file = note.file else {
            return try await store.insertBridgeEvent(note.type, data: data, hops: note.hops, in: app)
        }
        try await store.insertBridgeStart(
            file.name, kind: file.kind.kind, path: file.path, fingerprint: file.fingerprint, key: Self.fileKey,
            data: data, in: app)
    }

    /// Takes over what may be told now.
    private func collect() {
        let now = ContinuousClock.now
        state.withLock { state in
            for name in state.news.keys.sorted() {
                guard let subject = state.news[name]?.subject else { continue }
                for item in state.news[name]?.news.due(at: now) ?? [] {
                    state.notes.append(note(item, subject))
                }
            }
        }
    }

    private func note(_ item: BridgeNews.Item, _ subject: Subject) -> Note {
        var content = content(subject)
        switch item {
        case .targetDown(let reason):
            content.reason = reason
            return Note(type: .bridgeTargetDown, subject: subject, content: content)
        case .targetBack: return Note(type: .bridgeTargetBack, subject: subject, content: content)
        case .deadLetters(let count, let last):
            content.count = count
            content.last = Content.Letter(
                cursor: last.cursor, type: last.type.description, attempts: last.attempts, error: last.error)
            let subject = Subject(name: subject.name, kind: subject.kind, app: last.app)
            return Note(type: .bridgeDeadLetter, subject: subject, content: content, hops: last.hops)
        }
    }
}

extension EventType {
    /// Whether it tells of a bridge itself.
    var isOfBridges: Bool { description.hasPrefix("bridge.") }
}
