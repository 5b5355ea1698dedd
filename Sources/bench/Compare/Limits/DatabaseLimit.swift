import EventLoop
import Foundation
import LoadGenerator

/// What PostgreSQL takes without anybody in between: `pgbench` into a table like Martlet's `messages`.
struct DatabaseLimit {
    let seconds: Int

    private static let table = """
        CREATE TABLE limit_messages (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, app_id bigint NOT NULL, channel_id bigint NOT NULL,
            seq bigint NOT NULL, author_id bigint NOT NULL, author_name text, kind text NOT NULL, text text NOT NULL,
            content json, thread_root_id bigint, reply_count int NOT NULL DEFAULT 0, nonce text, flags text[],
            hops smallint NOT NULL DEFAULT 0, created_at timestamptz NOT NULL, edited_at timestamptz,
            deleted_at timestamptz);
        CREATE SEQUENCE limit_seq CACHE 100;
        CREATE UNIQUE INDEX ON limit_messages (channel_id, seq);
        CREATE UNIQUE INDEX ON limit_messages (channel_id, author_id, nonce) WHERE nonce IS NOT NULL;
        CREATE INDEX ON limit_messages (thread_root_id, seq) WHERE thread_root_id IS NOT NULL;
        CREATE INDEX ON limit_messages USING gin (to_tsvector('simple', text)) WITH (gin_pending_list_limit = 256);
        """

    private static let single = """
        \\set channel random(1, 16)
        INSERT INTO limit_messages (app_id, channel_id, seq, author_id, kind, text, nonce, created_at)
        SELECT 1, :channel, n, 1, 'text', 'the quick brown fox jumps over the lazy dog, and then it sits down to rest ' || n,
            'n' || n, now() FROM nextval('limit_seq') n;
        """

    private static let batched = """
        \\set channel random(1, 16)
        INSERT INTO limit_messages (app_id, channel_id, seq, author_id, kind, text, nonce, created_at)
        SELECT 1, :channel, nextval('limit_seq'), 1, 'text', t, n, now()
        FROM (SELECT array_agg('the quick brown fox jumps over the lazy dog, and then it sits down to rest ' || i) a,
            array_agg('n' || i || '-' || random()) b FROM generate_series(1, 200) i) x, unnest(a, b) AS y (t, n);
        """

    func run(_ machine: Machine, report: (Row) -> Void) async throws {
        try await machine.sql(Self.table, on: BenchLoops.service)
        for (variant, script, clients, rows) in [
            ("single rows", Self.single, 32, 1), ("200 rows", Self.batched, 2, 200),
        ] {
            let file = "\(machine.folder)/\(rows).sql"
            try script.write(toFile: file, atomically: true, encoding: .utf8)
            let log = "\(machine.folder)/pgbench-\(rows).log"
            let before = machine.postgresUsage.cpu
            let begun = MonotonicClock.now()
            let process = try await PeerProcess(
                [
                    "pgbench", "-h", "127.0.0.1", "-p", "\(machine.postgresPort)", "-U", "martlet", "-n",
                    "-M", "prepared", "-c", "\(clients)", "-j", "1", "-T", "\(seconds)", "-f", file, Machine.database,
                ], log: log)
            var used = 0.0
            var elapsed = 1.0
            while process.isRunning {
                // The last look before its connections are gone.
                let now = machine.postgresUsage.cpu - before
                if now > used {
                    used = now
                    elapsed = Double(MonotonicClock.now() - begun) / 1e9
                }
                try await Task.sleep(for: .milliseconds(20))
            }
            guard
                let line = process.output.split(separator: "\n").first(where: { $0.hasPrefix("tps = ") }),
                let rate = Double(line.dropFirst(6).prefix { $0 != " " })
            else { throw BenchError("pgbench failed: \(process.output.suffix(500))") }
            var row = Row(
                load: "send", peer: "pgbench", variant: variant, size: clients, value: rate * Double(rows),
                unit: "messages/s")
            row.databaseCores = used / elapsed
            report(row)
        }
    }
}
