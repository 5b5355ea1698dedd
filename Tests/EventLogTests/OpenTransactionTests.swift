import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EmbeddedServers
import EventLoop
import Postgres
import Telemetry
import TestSupport
import Testing

@testable import EventLog

/// Transactions that somebody leaves open, here and elsewhere in the cluster.
@Suite(.timeLimit(.minutes(1)))
struct OpenTransactionTests {
    private func session(
        _ fixture: ChatFixture, database: String? = nil, name: String = "stranger"
    ) async throws -> PostgresConnection {
        var configuration = fixture.database
        if let database { configuration.database = database }
        configuration.applicationName = name
        let connection = try await PostgresConnection.connect(
            configuration, loop: fixture.group.next(), logger: .silent)
        try await connection.script("SET idle_in_transaction_session_timeout = 0")
        return connection
    }

    private static let strangers: [(database: String?, sql: String)] = [
        // As in any other database of the cluster.
        ("martlet", "CREATE TABLE t (i int); INSERT INTO t VALUES (1)"), ("martlet", "SELECT pg_current_xact_id()"),
        // In this one, beside and across the tables of chat.
        (nil, "CREATE TABLE t (i int); INSERT INTO t SELECT count(*) FROM messages, events"),
        (nil, "SAVEPOINT a; CREATE TABLE u (i int); ROLLBACK TO a; SELECT pg_current_xact_id()"),
        (nil, "ANALYZE messages; SELECT pg_current_xact_id()"),
    ]

    /// A cluster of its own: there are no other transactions, and the tests' own would be in each other's way.
    @Test func `delivery goes on beside transactions that write no events`() async throws {
        let servers = try await TestServers()
        let log = CollectingLog()
        let fixture = try await ChatFixture(servers: servers, logger: Logger(service: "test", sink: log))
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        let before = try await fixture.store.head()
        var sessions: [PostgresConnection] = []
        for (number, stranger) in Self.strangers.enumerated() {
            let connection = try await session(fixture, database: stranger.database)
            try await connection.script("BEGIN; \(stranger.sql)")
            sessions.append(connection)
            _ = try await fixture.service.send(MessageDraft(channelID: channel.id, text: "\(number)"), as: tenant.admin)
            try await fixture.settle()
        }
        // Also from PostgreSQL, and for a node that begins now.
        let node = try await fixture.node()
        #expect(node.hub.position == fixture.hub.position)
        for log in [fixture.log, node.log] {
            let reader = try await log.reader(
                user: tenant.admin.userID, app: tenant.app.id, after: before, types: [.messageCreated])
            #expect(try await reader.next(limit: 10).compactMap(seq) == [1, 2, 3, 4, 5])
        }
        #expect(try await fixture.store.settledEvents(after: before, limit: 10).count == 5)
        // Who knows of an event reads it, also when this node has never looked how far the log is complete: the bridge
        // that reads one again, the replay up to it, the answer to what happened last.
        let other = ChatStore(
            pool: PostgresPool(fixture.database, loops: fixture.group, logger: .silent), logger: .silent)
        let known = try await fixture.store.settledEvents(after: before, limit: 10)
        #expect(other.settledBelow == 0)
        for event in known { #expect(try await other.event(at: event.cursor) == event) }
        let end = try #require(known.last?.cursor)
        #expect(
            try await other.replayableEvents(
                after: before, until: end, types: [.messageCreated], app: tenant.app.id, limit: 10) == known)
        #expect(try await other.newestEvents(in: tenant.app.id, types: [.messageCreated], limit: 10) == known)
        await other.pool.close()
        try await eventually("it is told whose a transaction is") {
            log.records.contains {
                $0.event == "relay.transaction_passed" && "\($0.values["application"] ?? "")".contains("stranger")
            }
        }
        try await eventually("all are counted") {
            fixture.metrics.exposition().contains("martlet_relay_passed_transactions 5\n")
        }
        #expect(!log.records.contains { $0.event == "relay.stalled" })
        for connection in sessions {
            try await connection.script("ROLLBACK")
            await connection.close()
        }
        try await eventually("they are forgotten") {
            fixture.metrics.exposition().contains("martlet_relay_passed_transactions 0\n")
        }
        await node.stop()
        await fixture.stop()
        await servers.redis.stop()
        await servers.postgres.stop()
    }

    @Test(arguments: [
        "INSERT INTO events (app_id, type, data) VALUES (1, 'test.early', '{}')",
        "UPDATE messages SET hops = hops",
        "LOCK TABLE ONLY events IN ROW EXCLUSIVE MODE; SELECT pg_current_xact_id()",
        "SELECT FROM ONLY events WHERE false FOR UPDATE; SELECT pg_current_xact_id()",
    ])
    func `a transaction that may write events is waited for, and told of`(sql: String) async throws {
        let log = CollectingLog()
        let fixture = try await ChatFixture(logger: Logger(service: "test", sink: log))
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        _ = try await fixture.service.send(MessageDraft(channelID: channel.id, text: "before"), as: tenant.admin)
        try await fixture.settle()
        let before = fixture.hub.position
        let writer = try await session(fixture, name: "somebody")
        try await writer.script("BEGIN; \(sql)")
        _ = try await fixture.service.send(MessageDraft(channelID: channel.id, text: "behind"), as: tenant.admin)
        try await eventually("it is told whose the transaction is") {
            log.records.contains {
                $0.event == "relay.stalled" && "\($0.values["application"] ?? "")".contains("somebody")
                    && "\($0.values["remedy"] ?? "")".contains("pg_terminate_backend(")
            }
        }
        #expect(fixture.hub.position == before)
        #expect(try await fixture.store.settledEvents(after: before, limit: 10).isEmpty)
        try await eventually("it is counted") {
            !fixture.metrics.exposition().contains("martlet_relay_stalled_seconds 0\n")
        }
        try await writer.script("INSERT INTO events (app_id, type, data) VALUES (1, 'test.late', '{}'); COMMIT")
        try await fixture.settle()
        let types = try await fixture.store.settledEvents(after: before, limit: 10).map(\.type.description)
        #expect(types.suffix(2) == ["test.late", "message.created"])
        try await eventually("the end is told") { log.records.contains { $0.event == "relay.unstalled" } }
        #expect(log.records.count { $0.event == "relay.stalled" } == 1)
        await writer.close()
        await fixture.stop()
    }

    /// A process that was stopped in the middle of a transaction, say.
    @Test func `a session of Martlet's own that holds up the log is ended`() async throws {
        let log = CollectingLog()
        let fixture = try await ChatFixture(
            transactionLimit: .milliseconds(500), logger: Logger(service: "test", sink: log))
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        try await fixture.settle()
        let ours = try await session(fixture, name: fixture.database.applicationName)
        try await ours.script("BEGIN; INSERT INTO events (app_id, type, data) VALUES (1, 'test.stuck', '{}')")
        _ = try await fixture.service.send(MessageDraft(channelID: channel.id, text: "behind"), as: tenant.admin)
        try await fixture.settle()
        #expect(log.records.contains { $0.event == "relay.transaction_ended" })
        await #expect(throws: PostgresError.self) { try await ours.script("COMMIT") }
        await ours.close()
        await fixture.stop()
    }

    @Test func `somebody else's session is never ended`() async throws {
        let fixture = try await ChatFixture(transactionLimit: .milliseconds(50))
        let tenant = try await fixture.tenant()
        _ = try await tenant.channel()
        let theirs = try await session(fixture, name: "theirs")
        try await theirs.script("BEGIN; INSERT INTO events (app_id, type, data) VALUES (1, 'test.theirs', '{}')")
        let xid = UInt64(
            bitPattern: try await theirs.query("SELECT pg_current_xact_id()::text::bigint")[0].decode(0, as: Int64.self)
        )
        let ended = try await fixture.store.pool.withConnection {
            try await fixture.store.endOwnTransaction(xid, on: $0)
        }
        #expect(!ended)
        try await theirs.script("COMMIT")
        await theirs.close()
        await fixture.stop()
    }
}
