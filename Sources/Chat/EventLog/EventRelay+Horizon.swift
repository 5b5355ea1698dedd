import ChatStore
import Postgres
import Telemetry

/// What the relay does about transactions that stay open.
extension EventRelay {
    /// - Parameter hider: The transaction that may hide events.
    /// - Returns: Whether another look shows more at once.
    func look(at hider: UInt64?, _ watch: inout HorizonWatch, on connection: PostgresConnection) async throws -> Bool {
        let now = ContinuousClock.now
        var showsMore = false
        for action in watch.looked(hider, at: now) {
            switch action {
            case .ask:
                showsMore = watch.found(try await store.openTransactions(on: connection), at: .now)
                passing.set(watch.passed.count)
            case .tellStalled(let xid):
                guard let holder = try await store.holder(of: xid, on: connection) else { continue }
                var values = Self.values(holder, xid)
                values["reason"] = "it has written messages or events, so nothing is delivered before it ends"
                values["remedy"] = .string(Self.remedy(holder))
                logger.warn("relay.stalled", values)
            case .tellPassed(let xid):
                guard let holder = try await store.holder(of: xid, on: connection) else { continue }
                var values = Self.values(holder, xid)
                values["reason"] = "it stays open: deliveries go on, but PostgreSQL tidies nothing up meanwhile"
                logger.info("relay.transaction_passed", values)
            case .tellResumed(let duration):
                logger.info("relay.unstalled", ["seconds": .double(duration / .seconds(1))])
            case .end(let xid):
                guard try await store.endOwnTransaction(xid, on: connection) else { continue }
                logger.warn(
                    "relay.transaction_ended",
                    ["xid": .string(String(xid)), "reason": "a session of Martlet's own held up all deliveries"])
            }
        }
        stalled.set(Int(watch.stalled(at: now) / .seconds(1)))
        return showsMore
    }

    private static func values(_ holder: TransactionHolder, _ xid: UInt64) -> [String: LogValue] {
        var values: [String: LogValue] = [
            "xid": .string(String(xid)), "user": .string(holder.user), "database": .string(holder.database),
            "application": .string(holder.application), "state": .string(holder.state),
            "milliseconds": .int(holder.milliseconds),
        ]
        if let id = holder.processID { values["pid"] = .int(Int64(id)) }
        if !holder.address.isEmpty { values["address"] = .string(holder.address) }
        return values
    }

    private static func remedy(_ holder: TransactionHolder) -> String {
        guard let id = holder.processID else {
            return "COMMIT PREPARED or ROLLBACK PREPARED '\(holder.application)' in the database \(holder.database)"
        }
        return "let it commit, or SELECT pg_terminate_backend(\(id))"
    }
}
