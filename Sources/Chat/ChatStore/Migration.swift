/// One change of the schema: forward only, applied once, in the order of the numbers.
///
/// What was published is never edited: databases that exist have it as it was. A change must be safe while an older
/// node goes on serving: columns and tables that it knows stay, and keep their meaning.
struct Migration: Sendable {
    /// What is done in one go; what is done stays done when a later step fails, and the next start goes on behind it.
    enum Step: Sendable {
        /// SQL in one transaction. A lock that others hold up is given back after a second and asked for again, since
        /// whoever comes meanwhile would queue behind it: so a transaction holds few locks, and none for long.
        case transaction(String)
        /// An index of a table that may be large, made beside its writers. Of a partitioned table each partition's index
        /// is made by itself.
        case index(MigrationIndex)
        /// A statement that changes some thousand rows, said again, each time in a transaction of its own, until it
        /// finds no more.
        case batches(String)
    }

    let number: Int
    let name: String
    let steps: [Step]

    init(number: Int, name: String, steps: [Step]) {
        self.number = number
        self.name = name
        self.steps = steps
    }

    /// One that is a single transaction.
    init(number: Int, name: String, sql: String) {
        self.init(number: number, name: name, steps: [.transaction(sql)])
    }

    static let all: [Migration] = [
        .initial, .auditLog, .bridgeMemory, .bridgeReplays, .smallSamples, .rightsAndCounts, .logNames,
        .deletedMessages, .refreshTokensByUser, .bounds, .importedIDs, .marksAndSkeletons, .stoppedLoops,
        .channelOverrides, .mentions, .receiptTimes, .missingSkeletons,
    ]
}

/// An index that a migration adds to a table with rows.
struct MigrationIndex: Sendable {
    let name: String
    let table: String
    /// What stands behind the table's name: `(user_id)`, `USING gin (…)`, `(a, b) WHERE c`.
    let definition: String
    var isUnique = false
}
