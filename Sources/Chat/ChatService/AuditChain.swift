package import ChatModel
import ChatStore
import Crypto

/// Follows an audit log row by row and finds the first one that is not as it was written.
///
/// Each row's hash is the SHA-256 of the hash before it and of the row, with the length of each field before the field.
/// It is computed anew here, not asked from the database.
package struct AuditChain: Sendable {
    /// The first row that is wrong.
    package struct Fault: Sendable, Codable, Hashable {
        package enum Kind: String, Sendable, Codable, CaseIterable {
            case altered, removed
        }

        package var number: Int64
        package var kind: Kind
        /// How that is known, in a sentence.
        package var reason: String
    }

    private let app: AppID
    /// The last row that was found right.
    package private(set) var number: Int64
    package private(set) var hash: [UInt8]

    /// - Parameters:
    ///   - number: The row behind which to begin, known to be right; 0 for the first one.
    ///   - hash: Its hash; empty for the first one.
    package init(app: AppID, number: Int64 = 0, hash: [UInt8] = []) {
        self.app = app
        self.number = number
        self.hash = hash
    }

    /// Takes the next row.
    ///
    /// - Returns: nil when it is as it was written.
    mutating func take(_ record: AuditRecord) -> Fault? {
        let next = number + 1
        guard record.number == next else {
            return Fault(number: next, kind: .removed, reason: "behind row \(number) comes row \(record.number)")
        }
        guard Self.hash(record) == record.hash else {
            return Fault(number: next, kind: .altered, reason: "it does not have the hash that it was given")
        }
        guard record.previousHash == hash else {
            // The row is whole by itself: the one before it got another hash after this one was written.
            return number == 0
                ? Fault(number: next, kind: .altered, reason: "it says that there was a row before it")
                : Fault(number: number, kind: .altered, reason: "row \(next) was written behind another row \(number)")
        }
        number = next
        hash = record.hash
        return nil
    }

    /// Compares the end of the log with what is known of it.
    ///
    /// - Parameter head: nil when nothing is known, which is right only while there is no row.
    func end(_ head: AuditHead?) -> Fault? {
        let known = (number: head?.number ?? 0, hash: head?.hash ?? [])
        if known.number > number {
            return Fault(
                number: number + 1, kind: .removed,
                reason: "the log ends at row \(number), and had \(known.number) rows")
        }
        guard known.number == number, known.hash == hash else {
            return Fault(number: number, kind: .altered, reason: "the log was noted to end with another row")
        }
        return nil
    }

    static func hash(_ record: AuditRecord) -> [UInt8] {
        let fields: [String?] = [
            record.appID.description, "\(record.number)", "\(record.at)", record.actorID?.description, record.actor,
            record.action, record.subject, record.details, record.address, record.requestID,
        ]
        var text = ""
        for field in fields { text += field.map { "\($0.utf8.count):\($0)," } ?? "-," }
        return Digest.sha256(record.previousHash + Array(text.utf8))
    }
}
