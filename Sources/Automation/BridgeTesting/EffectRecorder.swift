import ChatModel
import Synchronization

/// Writes down what a bridge would do, without its secrets.
final class EffectRecorder: Sendable {
    private struct State {
        var effects: [TrialEffect] = []
        var given: Int?
        /// What a bridge does when it starts is not what a fixture is about.
        var isStarting = true
        var isFull = false
    }

    static let maximumEffects = 10_000
    private static let hidden = "<hidden>"
    /// A shorter secret would cover words that mean nothing.
    private static let shortestSecret = 8
    private static let hiddenHeaders: Set<String> = [
        "authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "webhook-signature",
    ]
    private static let hiddenEndings = ["-signature", "-secret", "-token", "-key", "-password"]
    /// They differ at each try.
    private static let volatileHeaders: Set<String> = ["webhook-timestamp"]

    private let secrets: [String]
    private let state = Mutex(State())

    /// - Parameter secrets: Texts that are covered wherever they turn up.
    init(secrets: [String]) {
        // A secret that is part of another one must not leave the rest of it.
        self.secrets = secrets.sorted { $0.utf8.count > $1.utf8.count }
    }

    var effects: [TrialEffect] { state.withLock { $0.effects } }
    /// Whether more was done than is written down.
    var isFull: Bool { state.withLock { $0.isFull } }

    func begin(given: Int?) {
        state.withLock { state in
            state.given = given
            state.isStarting = false
        }
    }

    /// Writes an effect down; one that repeats an earlier one of the same cause is counted there.
    func record(_ kind: TrialEffect.Kind, _ content: [String: JSONValue], isNote: Bool = false) {
        let content = content.mapValues(covered)
        state.withLock { state in
            let isNote = isNote || state.isStarting
            if kind.keys.contains("times"),
                let index = state.effects.indices.reversed().prefix(while: { state.effects[$0].given == state.given })
                    .first(where: {
                        state.effects[$0].kind == kind && state.effects[$0].isNote == isNote
                            && Self.identity(state.effects[$0].content) == Self.identity(content)
                    })
            {
                state.effects[index].content["times"] = .integer(Int64(state.effects[index].times + 1))
                return
            }
            guard state.effects.count < Self.maximumEffects else {
                state.isFull = true
                return
            }
            state.effects.append(TrialEffect(kind: kind, content: content, isNote: isNote, given: state.given))
        }
    }

    /// What makes a repeat a repeat.
    private static func identity(_ content: [String: JSONValue]) -> [String: JSONValue] {
        var content = content
        content["times"] = nil
        content["after"] = nil
        if let headers = content["headers"]?.object {
            content["headers"] = .object(headers.filter { !volatileHeaders.contains($0.key.lowercased()) })
        }
        return content
    }

    // MARK: Secrets

    /// The headers of a request as they are written down.
    func headers(_ fields: [(name: String, value: String)]) -> JSONValue {
        var result: [String: JSONValue] = [:]
        for (name, value) in fields {
            let name = name.lowercased()
            let isHidden =
                Self.hiddenHeaders.contains(name) || Self.hiddenEndings.contains { name.hasSuffix($0) }
                || secrets.contains(value)
            let shown = isHidden ? Self.hidden : value
            result[name] = .string(result[name]?.string.map { "\($0), \(shown)" } ?? shown)
        }
        return .object(result)
    }

    private func covered(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(covered(text))
        case .array(let items): .array(items.map(covered))
        case .object(let fields):
            .object(Dictionary(fields.map { (covered($0.key), covered($0.value)) }) { first, _ in first })
        case .null, .bool, .integer, .number: value
        }
    }

    private func covered(_ text: String) -> String {
        var text = text
        for secret in secrets where secret.utf8.count >= Self.shortestSecret && text.contains(secret) {
            text = text.replacing(secret, with: Self.hidden)
        }
        return text
    }
}
