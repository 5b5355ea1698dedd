import BridgeRuntime
import ChatModel
import HTTPClient
import HTTPTypes
import PatternMatching
import Synchronization

/// What the targets of a fixture answer, in its order; the last one stands for all that follow.
final class TargetAnswers: Sendable {
    struct Answer: Sendable {
        enum Content: Sendable {
            /// - Parameter body: The target's usual one when nil.
            case response(status: Int, headers: [(String, String)], body: [UInt8]?, refused: [String])
            case failure(HTTPClientError)
        }

        /// Which requests it answers, as `POST https://…` or `mail HOST`; all when nil.
        var target: NamePattern?
        var content: Content
    }

    private struct State {
        var unused: [Int]
    }

    private let answers: [Answer]
    private let state: Mutex<State>

    init(_ answers: [Answer]) {
        self.answers = answers
        state = Mutex(State(unused: Array(answers.indices)))
    }

    /// Whether another try would be answered by something that was not given yet.
    var hasUnused: Bool { state.withLock { !$0.unused.isEmpty } }

    /// The answer to a request; nil for the usual one.
    func next(to target: String) -> Answer.Content? {
        state.withLock { state in
            func fits(_ index: Int) -> Bool { answers[index].target?.matches(target) ?? true }
            if let place = state.unused.firstIndex(where: fits) {
                return answers[state.unused.remove(at: place)].content
            }
            return answers.indices.last(where: fits).map { answers[$0].content }
        }
    }
}
