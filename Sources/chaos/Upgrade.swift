import ChatModel
import EventLoop
import Foundation
import Glibc
import HTTPTypes
import MartletClient
import Postgres
import Telemetry

/// Begins with an older program and much that was said, and puts the program that is tested in its place while people talk.
///
/// Where there are two processes they are replaced one after the other: the first brings the schema up to date while the
/// other, older one serves.
struct Upgrade: Sendable {
    /// How long people talk in all.
    static let length = Duration.seconds(60)
    /// How long anybody's message may wait.
    private static let patience = Duration.seconds(5)
    private static let batch = 50_000
    private static let channels = 8

    let cluster: Cluster
    let program: String
    let loop: EventLoop
    let note: @Sendable (String) -> Void

    private struct Page: Decodable {
        var events: [Frame]
        var cursor: Cursor
    }

    /// Where the log is now.
    func place(_ owner: MartletClient) async throws -> Cursor {
        let page: Page = try await owner.call(.get, "/v1/events")
        return page.cursor
    }

    /// Stores messages with their events, evenly over channels of their own, as the server would have.
    func fill(_ count: Int, _ cast: Cast) async throws {
        guard count > 0 else { return }
        note("storing \(count) messages")
        var configuration = PostgresConfiguration(
            host: cluster.postgresSocket, user: "martlet", database: "martlet", applicationName: "fill")
        configuration.statementTimeout = nil
        let connection = try await PostgresConnection.connect(configuration, loop: loop, logger: .silent)
        var channels: [Int64] = []
        for number in 0..<Self.channels {
            channels.append(try await cast.owner.createChannel("stock-\(number)").id.rawValue)
        }
        var stored = 0
        while stored < count {
            let size = min(Self.batch, count - stored)
            try await connection.execute(
                """
                WITH new AS MATERIALIZED (
                    SELECT nextval('messages_id') AS id, ($1::bigint[])[1 + n % $3] AS channel_id,
                        c.last_seq + 1 + n / $3 AS seq, u.id AS author_id, u.handle, u.name, u.app_id,
                        'old message ' || $4 + n || ' about ' || md5(n::text) AS text
                    FROM generate_series(0, $2 - 1) n JOIN channels c ON c.id = ($1::bigint[])[1 + n % $3]
                        CROSS JOIN (SELECT * FROM users WHERE role = 'admin' ORDER BY id LIMIT 1) u
                    ORDER BY n
                ), stored AS (
                    INSERT INTO messages (id, app_id, channel_id, seq, author_id, kind, text, created_at)
                    SELECT id, app_id, channel_id, seq, author_id, 'text', text, now() FROM new
                ), counted AS (
                    UPDATE channels c SET last_seq = n.last FROM (
                        SELECT channel_id, max(seq) AS last FROM new GROUP BY channel_id) n
                    WHERE c.id = n.channel_id
                )
                INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, data)
                SELECT app_id, 'message.created', channel_id, author_id, id, json_build_object(
                    'id', id, 'seq', seq, 'channel_id', channel_id, 'author', json_build_object(
                        'id', author_id, 'handle', handle, 'name', name, 'kind', 'person'),
                    'kind', 'text', 'text', text, 'reply_count', 0, 'reactions', '[]'::json, 'flags', '[]'::json,
                    'hops', 0, 'created_at', rfc3339(now()))
                FROM new
                """, channels, size, channels.count, stored)
            stored += size
            note("\(stored) messages are stored")
        }
        await connection.close()
    }

    /// Replaces the program of each process, in turn.
    func run() async throws -> (told: [String], broken: [String]) {
        var told: [String] = []
        var broken: [String] = []
        try await Task.sleep(for: .seconds(8))
        for node in cluster.nodes {
            note("\(node.name) becomes the new program")
            let begin = ContinuousClock.now
            await node.end(by: SIGINT)
            let ended = ContinuousClock.now
            node.use(program)
            try await node.start()
            while !(await node.isReady()) {
                guard ContinuousClock.now - ended < .seconds(600) else {
                    throw ChaosError("\(node.name) was not ready after the upgrade; its log is \(node.log)")
                }
                try await Task.sleep(for: .milliseconds(20))
            }
            told.append(
                "\(node.name) ended in \(seconds(ended - begin)) s, and served \(seconds(.now - ended)) s later")
            try await Task.sleep(for: .seconds(8))
        }
        for node in cluster.nodes where node.restarts > 0 { broken.append("\(node.name) had to be started again") }
        return (told, broken)
    }

    /// Whether everything that happened since long before the upgrade can still be read by cursor.
    func check(
        _ cursor: Cursor, _ count: Int, _ owner: MartletClient, _ result: inout (told: [String], broken: [String])
    ) async throws {
        note("reading from before the upgrade")
        var after = cursor
        var seen = 0
        // Some thousands from the beginning: to read all of them would take longer than it tells.
        while seen < min(count, 5000) {
            let page: Page = try await owner.call(.get, "/v1/events?after=\(after)&limit=200")
            guard page.cursor > after else { break }
            seen += page.events.count { $0.op == nil || $0.op == "event" }
            after = page.cursor
        }
        if seen < min(count, 5000) {
            result.broken.append("a cursor from before \(count) messages showed \(seen) events")
        } else {
            result.told.append("a cursor from before \(count) messages is good")
        }
    }

    func judge(_ longest: Duration, _ result: inout (told: [String], broken: [String])) {
        result.told.append("no message waited longer than \(seconds(longest)) s for its acknowledgement")
        if longest > Self.patience { result.broken.append("a message waited \(seconds(longest)) s") }
    }

    private func seconds(_ duration: Duration) -> String { String(format: "%.1f", duration / .seconds(1)) }
}
