package import Postgres
import Synchronization
import Telemetry

/// Whether the database can write: as the last statements have shown, and as whoever looks after its disk says.
///
/// A disk that is full is told once, as an error with what to do; a server that goes on trying would fill the log instead.
package final class Writability: Sendable {
    package enum Trouble: Sendable {
        case diskFull, readOnly
    }

    /// No statement could write, for want of room.
    private static let full: UInt8 = 1
    private static let readOnly: UInt8 = 2
    /// There is hardly any room left: nothing is tried any more, since PostgreSQL ends when it cannot write its log.
    private static let reserved: UInt8 = 4

    /// A disk on which there is room by turns is told of no more often.
    private static let pause = Duration.seconds(60)

    private let state = Atomic<UInt8>(0)
    private let told = Mutex<(at: ContinuousClock.Instant?, isOpen: Bool)>((nil, false))
    private let now: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    private let cannotWrite: Gauge?

    init(
        logger: Logger, metrics: Metrics? = nil, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.logger = logger
        self.now = now
        cannotWrite = metrics?.gauge("martlet_database_cannot_write", "1 while PostgreSQL cannot store anything.")
    }

    /// What keeps the database from writing; nil when nothing does.
    package var trouble: Trouble? {
        let state = state.load(ordering: .relaxed)
        return state & (Self.full | Self.reserved) != 0 ? .diskFull : state & Self.readOnly != 0 ? .readOnly : nil
    }

    /// Whether only a statement can show that the trouble is over.
    package var needsProof: Bool { state.load(ordering: .relaxed) & (Self.full | Self.readOnly) != 0 }

    /// - Throws: ``PostgresError`` with the SQLSTATE of a full disk, when it is not to be tried.
    func check() throws {
        guard state.load(ordering: .relaxed) & Self.reserved != 0 else { return }
        throw PostgresError(.server, "No space left on device", sqlState: "53100")
    }

    /// Something was written.
    func worked() {
        if needsProof { change(clearing: Self.full | Self.readOnly, reason: "") }
    }

    /// A statement failed; it matters when the reason is one that keeps others from being written too.
    func failed(_ error: PostgresError) {
        guard let trouble = error.trouble else { return }
        change(setting: trouble == .diskFull ? Self.full : Self.readOnly, reason: "\(error)")
    }

    /// Says that the database's disk has hardly any room left, or has some again.
    package func reserve(_ isReserved: Bool, reason: @autoclosure () -> String) {
        let wasReserved = state.load(ordering: .relaxed) & Self.reserved != 0
        guard isReserved != wasReserved else { return }
        // With room on the disk, whatever statements have shown is worth another try.
        if isReserved { change(setting: Self.reserved, reason: reason()) } else { change(clearing: 0xff, reason: "") }
    }

    private func change(setting: UInt8 = 0, clearing: UInt8 = 0, reason: String) {
        let old =
            setting != 0
            ? state.bitwiseOr(setting, ordering: .relaxed).oldValue
            : state.bitwiseAnd(~clearing, ordering: .relaxed).oldValue
        let new = setting != 0 ? old | setting : old & ~clearing
        guard (old == 0) != (new == 0) else { return }
        cannotWrite?.set(new == 0 ? 0 : 1)
        let now = now()
        let isTold = told.withLock { told in
            if new == 0 {
                defer { told.isOpen = false }
                return told.isOpen
            }
            if let last = told.at, now - last < Self.pause { return false }
            told = (now, true)
            return true
        }
        guard isTold else { return }
        if new == 0 { return logger.info("database.writes_again") }
        logger.error(
            "database.cannot_write",
            [
                "error": .string(reason),
                "remedy": new & Self.readOnly != 0
                    ? "PostgreSQL takes no writes: point database.url at the primary"
                    : """
                    make room on the disk of PostgreSQL's data folder and of its pg_wal; what was accepted is safe, and \
                    messages are taken again as soon as there is room
                    """,
            ])
    }
}

extension PostgresError {
    /// Nil when the error says nothing of other statements.
    package var trouble: Writability.Trouble? {
        switch sqlState {
        case "53100": .diskFull
        case "25006": .readOnly
        default: message.contains("No space left on device") ? .diskFull : nil
        }
    }
}

extension ChatStore {
    /// Shows whether the database can write again, where statements have shown that it cannot.
    ///
    /// It makes a table of half a megabyte that is gone at the end: a small write may find room where a message does not.
    package func proveWrites() async throws {
        do {
            _ = try await pool.withConnection { connection in
                try await connection.pipeline([
                    PostgresStatement(
                        """
                        CREATE TEMPORARY TABLE martlet_proof ON COMMIT DROP AS
                        SELECT i, repeat('x', 100) AS text FROM generate_series(1, 4000) AS i
                        """, parameters: [], isReused: false),
                    PostgresStatement("SELECT pg_current_xact_id()"),
                ])
            }
            writability.worked()
        } catch let error as PostgresError {
            writability.failed(error)
            throw error
        }
    }
}
