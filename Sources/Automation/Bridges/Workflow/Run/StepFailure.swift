import BridgeKit

/// Why a step failed, before it is known where it stands.
struct StepFailure: Error {
    let error: BridgeError

    init(_ error: BridgeError) { self.error = error }

    func at(_ place: String) -> BridgeError {
        switch error {
        case .retry(let after, let reason): .retry(after: after, reason: "\(place): \(reason)")
        case .giveUp(let reason): .giveUp(reason: "\(place): \(reason)")
        case .giveUpAndPause(let reason): .giveUpAndPause(reason: "\(place): \(reason)")
        case .targetDown(let reason): .targetDown(reason: "\(place): \(reason)")
        case .targetSilent(let after, let reason): .targetSilent(after: after, reason: "\(place): \(reason)")
        case .targetFailing(let after, let reason): .targetFailing(after: after, reason: "\(place): \(reason)")
        case .later: error
        }
    }
}

extension BridgeError {
    /// Why something failed; nil when nothing did.
    var failureReason: String? { if case .later = self { nil } else { description } }
}

extension Step {
    /// Whether the run goes on when this step fails.
    var goesOn: Bool {
        switch action {
        case .call(let call): call.goesOn
        case .mail(let mail): mail.goesOn
        default: false
        }
    }

    /// The ids of steps and of those inside them.
    static func ids(in steps: [Step]) -> [String] {
        steps.flatMap { step in
            let inner: [Step] =
                switch step.action {
                case .branch(_, let then, let otherwise): then + otherwise
                case .each(_, let body): body
                default: []
                }
            return (step.id.map { [$0] } ?? []) + ids(in: inner)
        }
    }

    /// Whether the bridge writes into the chat when it does this.
    var writes: Bool {
        switch action {
        case .post, .edit, .react, .delete: true
        case .branch(_, let then, let otherwise): (then + otherwise).contains(where: \.writes)
        case .each(_, let body): body.contains(where: \.writes)
        default: false
        }
    }
}
