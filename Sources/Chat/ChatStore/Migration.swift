/// One step of the schema: forward only, applied once, in the order of the numbers.
struct Migration: Sendable {
    let number: Int
    let name: String
    let sql: String

    static let all: [Migration] = [
        .initial, .auditLog, .bridgeMemory, .bridgeReplays, .smallSamples, .rightsAndCounts, .logNames, .bounds,
    ]
}
