public import Settings

/// Why an event did not reach its target, and what is to be done about it.
public enum BridgeError: Error, Sendable, CustomStringConvertible {
    /// It may succeed later; `after` is what the target asked for, in vain when the waits are longer anyway.
    case retry(after: Duration? = nil, reason: String)
    /// It will never succeed: the event becomes a dead letter at once.
    case giveUp(reason: String)
    /// It will never succeed, nor will the next: a dead letter, and the bridge rests until a person resumes it.
    case giveUpAndPause(reason: String)
    /// Nothing would succeed now: no event is read until the target is back; this one does not count a try.
    case targetDown(reason: String)
    /// Nothing failed: the bridge wants the event again at this time, in milliseconds since 1970, and until then the
    /// events behind it go on.
    ///
    /// The event is kept over restarts. It comes back outside the order of its channel, with its tries counted anew; at
    /// most 10,000 events of a bridge wait so, and the next one keeps its channel waiting until there is room.
    case later(at: Int64)
    /// There was no answer in time, or a gateway told so in the target's place: it counts a try, unless the target is
    /// taken for down already.
    ///
    /// Several in a row, without a word from the target in between, take it for down. `after` is what was asked for.
    case targetSilent(after: Duration? = nil, reason: String)
    /// The target says that it is in trouble itself: like ``retry(after:reason:)``, but several in a row take it for
    /// down.
    case targetFailing(after: Duration? = nil, reason: String)

    /// The reason alone; it is shown to people and must hold no secret.
    public var description: String {
        switch self {
        case .giveUp(let reason), .giveUpAndPause(let reason), .targetDown(let reason): reason
        case .retry(_, let reason), .targetSilent(_, let reason), .targetFailing(_, let reason): reason
        case .later: "the bridge waits"
        }
    }
}

/// How one event of a batch ended.
public enum BridgeOutcome: Sendable {
    /// It is at its target.
    case done
    /// It is not; the error is read as one thrown by ``Bridge/handle(_:)-swift.method``.
    case failed(any Error)
}

/// What is wrong with the settings of a bridge beyond their types, with the places in the file.
public struct BridgeSettingsError: Error, Sendable, CustomStringConvertible {
    /// At least one; `Settings.problem(at:_:)` makes them.
    public let problems: [SettingsProblem]

    /// Gathers what is wrong.
    public init(_ problems: [SettingsProblem]) { self.problems = problems }

    /// One problem a line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
