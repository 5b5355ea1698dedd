package import ChatModel

/// How a bridge is doing, as the API and the metrics show it.
package struct BridgeStatus: Sendable, Codable {
    package enum State: String, Sendable, Codable {
        /// Its file says `enabled: false`.
        case disabled
        /// Its file has errors and it has never run.
        case broken
        /// It is being started; ``BridgeStatus/lastError`` says what keeps it.
        case starting
        /// Another node runs it.
        case standby
        case running
        /// Its target is down; no events are read.
        case down
        /// Somebody, or the target itself, has asked it to rest.
        case paused
        case stopped
    }

    /// How far a replay is.
    package struct Replay: Sendable, Codable {
        /// `running`, `done` or `cancelled`.
        package var state: String
        /// It began behind this cursor.
        package var after: Cursor
        /// It ends with this one.
        package var until: Cursor
        /// How many events were dealt with.
        package var done: Int
        /// How many there are.
        package var total: Int
        /// How many of them became dead letters.
        package var deadLetters: Int
        package var startedAt: String?
        package var endedAt: String?

        enum CodingKeys: String, CodingKey {
            case state, after, until, done, total
            case deadLetters = "dead_letters"
            case startedAt = "started_at"
            case endedAt = "ended_at"
        }
    }

    /// A lag is counted up to here.
    static let largestLag = 100_000

    package var name: String
    package var kind: String
    package var file: String
    package var state: State
    /// How many events of the log it has not read or not finished, wanted or not; nil when it has never run.
    ///
    /// Counted up to 100,000.
    package var lag: Int?
    /// Events that the bridge has put off until a time.
    package var deferred = 0
    /// Events brought to the target since the start of this server.
    package var handled = 0
    /// Tries that failed since then.
    package var retried = 0
    /// Events that wait for a person.
    package var deadLetters = 0
    package var lastError: String?
    /// The stretch of the past that it is sent again, or was last; nil when there never was one.
    package var replay: Replay?
    /// What is wrong with the file as it is now; the bridge runs on with what it said before.
    package var problems: [String] = []

    enum CodingKeys: String, CodingKey {
        case name, kind, file, state, lag, deferred, handled, retried, replay, problems
        case deadLetters = "dead_letters"
        case lastError = "last_error"
    }
}

/// Why the runtime could not do what was asked.
package struct BridgeRuntimeError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case unknownBridge, unknownDeadLetter, notRunning, failed
        /// Of replays: what was asked for makes no sense, is not kept any more, or another one runs.
        case invalidRange, eventsGone, replayRunning, noReplay, followsNothing
    }

    package let code: Code
    package let description: String
}
