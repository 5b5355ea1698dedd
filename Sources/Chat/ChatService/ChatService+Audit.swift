import ChatModel
package import ChatStore
import Crypto

/// How far a look over the audit log has come.
package struct AuditCheck: Sendable {
    /// Rows that this call has looked at.
    package let checked: Int
    /// The last row that is right; where the next call goes on.
    package let number: Int64
    package let hash: [UInt8]
    package let isEnd: Bool
    package let fault: AuditChain.Fault?
}

extension ChatService {
    /// Rows that one call looks over; the caller goes on with the next ones.
    private static let rowsPerCheck = 10_000
    private static let auditPage = 1000

    /// One page of the audit log, ordered by number; the newest one when neither `before` nor `after` is given.
    ///
    /// - Parameters:
    ///   - action: Only this one, or those that begin with it and a dot.
    ///   - actor: Only what the user of this id or handle did.
    ///   - since: Milliseconds since 1970.
    package func audit(
        before: Int64?, after: Int64?, action: String?, actor: String?, since: Int64?, limit: Int,
        for principal: Principal
    ) async throws -> [AuditRecord] {
        try principal.require(.administer)
        return try await store.auditRecords(
            in: principal.appID, before: before, after: after, action: action, actor: actor, since: since,
            limit: min(limit, ChatLimits.page))
    }

    /// Looks over the next rows of the audit log, behind one that was found right.
    ///
    /// - Parameters:
    ///   - number: The last row that was found right; 0 to begin.
    ///   - hash: Its hash.
    package func checkAudit(after number: Int64, hash: [UInt8], for principal: Principal) async throws -> AuditCheck {
        try principal.require(.administer)
        var chain = AuditChain(app: principal.appID, number: number, hash: hash)
        var checked = 0
        func answer(isEnd: Bool, _ fault: AuditChain.Fault?) -> AuditCheck {
            AuditCheck(checked: checked, number: chain.number, hash: chain.hash, isEnd: isEnd, fault: fault)
        }
        while checked < Self.rowsPerCheck {
            // Read before the rows: what is written meanwhile lies behind it.
            let head = try await store.auditHead(of: principal.appID)
            let records = try await store.auditRecords(
                in: principal.appID, before: nil, after: chain.number, action: nil, actor: nil, since: nil,
                limit: Self.auditPage)
            for record in records {
                checked += 1
                if let fault = chain.take(record) { return answer(isEnd: true, fault) }
                if record.number == head?.number, let fault = chain.end(head) { return answer(isEnd: true, fault) }
            }
            guard records.isEmpty else { continue }
            // Nothing is behind the last row: the end has to be the one that was noted, now as before the look.
            let now = try await store.auditHead(of: principal.appID)
            if now?.number != head?.number { continue }
            return answer(isEnd: true, chain.end(now))
        }
        return answer(isEnd: false, nil)
    }
}
