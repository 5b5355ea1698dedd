import BridgeKit
import ChatModel
import Telemetry

/// What one run has done, kept in the bridge's store, so that a later try goes on behind it.
struct RunMemory {
    /// The answers of one run may be so large together, as JSON.
    static let mostBytes = 4 << 20
    /// Longer than a run may wait.
    private static let timeToLive: Int64 = 100 * 86_400_000
    /// For so long a run that has ended is known to have; a repeat comes within seconds.
    private static let afterlife: Int64 = 3_600_000

    private let store: any BridgeStore
    private let prefix: String
    private let now: @Sendable () -> Int64
    /// Nil until somebody asks: most events end before.
    private var answers: [String: JSONValue]?
    private var bytes = 0
    private var needsAfterlife = false

    init(store: any BridgeStore, cursor: Cursor, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.now = now
        prefix = "run.\(cursor)."
    }

    func mark(_ key: String) -> String { "\(prefix)s.\(key)" }

    var expiry: Int64 { now() + Self.timeToLive }

    /// The answer that a step had at an earlier try; nil when it has had none.
    ///
    /// - Throws: ``RunHasEnded`` when the whole run has.
    mutating func answer(of key: String, isRepeatable: Bool) async throws -> JSONValue? {
        if answers == nil { try await load() }
        let answer = answers?[mark(key)]
        if answer != nil, !isRepeatable { needsAfterlife = true }
        return answer
    }

    private mutating func load() async throws {
        let texts = try await store.values(under: prefix, limit: WorkflowRun.mostSteps + 100)
        if texts["\(prefix)done"] != nil { throw RunHasEnded() }
        var answers: [String: JSONValue] = [:]
        for (key, text) in texts {
            bytes += text.utf8.count
            answers[key] = JSONValue(json: Array(text.utf8))
        }
        self.answers = answers
    }

    /// Remembers an answer.
    ///
    /// - Parameter isKept: Whether the store has it already.
    mutating func keep(_ answer: JSONValue, of key: String, isKept: Bool, isRepeatable: Bool) async throws {
        if !isRepeatable { needsAfterlife = true }
        guard !isKept else { return }
        let text: String
        do throws(TemplateError) { text = try answer.jsonText() } catch {
            throw BridgeError.giveUp(reason: "the answer is too large to be remembered: \(ErrorText.of(error))")
        }
        bytes += text.utf8.count
        guard bytes <= Self.mostBytes else {
            throw BridgeError.giveUp(reason: "the answers of this run have more than \(Self.mostBytes >> 20) MiB")
        }
        try await store.set(text, for: mark(key), until: expiry)
    }

    /// Forgets the run, but for the fact that it has ended where that matters.
    mutating func end() async throws {
        guard answers != nil else { return }
        if needsAfterlife { try await store.set("true", for: "\(prefix)done", until: now() + Self.afterlife) }
        try await store.removeAll(under: "\(prefix)s.")
    }
}

/// The run of this event is over; the event came again.
struct RunHasEnded: Error {}
