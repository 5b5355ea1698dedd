import Crypto
import Foundation
import LoadGenerator
import Synchronization

/// Martlet itself, over HTTP and over its WebSocket.
final class MartletPeer: Peer {
    let name = "martlet"
    let doors = ["http", "websocket"]

    private static let secret = "a secret for the length of a measurement"
    private let program: String
    private let benchProgram: String
    private let state = Mutex(State())

    private struct State {
        var process: PeerProcess?
        var port: UInt16 = 0
        var userIDs: [Int64] = []
        var channelIDs: [Int64] = []
        var administrator: Int64 = 0
        var folder = ""
    }

    /// - Parameters:
    ///   - program: `martlet`.
    ///   - benchProgram: This program, which is the bot as well.
    init(program: String, benchProgram: String) {
        self.program = program
        self.benchProgram = benchProgram
    }

    var processIdentifier: Int32 { state.withLock { $0.process?.identifier ?? 0 } }
    var port: UInt16 { state.withLock { $0.port } }

    func startEcho(_ bots: [(user: Int, channel: Int)], on loop: LoadLoop) async throws -> any Echo {
        let (administrator, folder) = state.withLock { ($0.administrator, $0.folder) }
        let token = try token(id: administrator)
        let handle = "echo\(MonotonicClock.now() % 1_000_000)"
        let made = try await HTTP.post("\(url)/v1/bots", token: token, ["handle": handle, "name": "Echo"])
        guard let bot = (made["bot"] as? [String: Any])?["id"] as? Int, let secret = made["token"] as? String else {
            throw BenchError("no bot in \(made)")
        }
        for (_, channel) in bots {
            _ = try await HTTP.post(
                "\(url)/v1/channels/\(channelID(channel))/members", token: token, ["users": [bot]])
        }
        return MartletEcho(
            process: try await PeerProcess(
                [benchProgram, "echo-bot", handle], log: "\(folder)/\(handle).log",
                environment: [
                    "MARTLET_URL": url, "MARTLET_BOT_TOKEN": secret, "MARTLET_BOT_STATE": "\(folder)/\(handle).json",
                ]))
    }

    /// Has the messages of some channels posted to a URL.
    func writeBridge(to url: String, channels: [Int]) throws {
        let names = channels.map { "c\($0)" }.joined(separator: ", ")
        let text = """
            bridge: webhook
            on: [message.created]
            where:
              channel: [\(names)]
            settings:
              url: \(url)
              secret: whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=
              allow: [127.0.0.0/8]

            """
        let folder = state.withLock { $0.folder } + "/martlet/bridges"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: folder + "/bench.yaml", atomically: true, encoding: .utf8)
    }

    func removeBridge() {
        try? FileManager.default.removeItem(atPath: state.withLock { $0.folder } + "/martlet/bridges/bench.yaml")
    }

    private var url: String { "http://127.0.0.1:\(port)" }

    func start(_ machine: Machine, _ scene: Scene) async throws {
        let port = try Machine.freePort()
        let process = try await PeerProcess(
            [
                program, "serve", "--listen", "127.0.0.1:\(port)", "--data", machine.folder + "/martlet",
                "--set", "log.level=warn", "--set", "limits.sends_per_second=100000",
                "--set", "database.url=\(machine.postgresURL())", "--set", "redis.url=\(machine.redisURL)",
                "--set", "auth.secret=\(Self.secret)",
            ], log: machine.folder + "/martlet.log")
        state.withLock { state in
            state.process = process
            state.port = port
            state.folder = machine.folder
        }
        try await process.waitUntil("answers /readyz") {
            try await HTTP.get("http://127.0.0.1:\(port)/readyz").status == 200
        }
        try await people(machine, scene)
    }

    /// Puts the scene into the database: to make accounts over the API takes a password hash each.
    private func people(_ machine: Machine, _ scene: Scene) async throws {
        let loop = BenchLoops.service
        var members: [String] = []
        for (channel, range) in scene.channels.enumerated() where !range.isEmpty {
            members.append("(\(channel),\(range.lowerBound),\(range.upperBound - 1))")
        }
        try await machine.sql(
            """
            INSERT INTO users (app_id, kind, handle, name, role)
            SELECT 1, 'person', 'u' || i, 'u' || i, 'member' FROM generate_series(0, \(scene.users - 1)) i
            """,
            """
            INSERT INTO channels (app_id, kind, name)
            SELECT 1, 'public', 'c' || i FROM generate_series(0, \(scene.channels.count - 1)) i
            """,
            """
            INSERT INTO channel_members (app_id, channel_id, user_id, role)
            SELECT 1, c.id, u.id, 'member'
            FROM (VALUES \(members.joined(separator: ","))) AS r (channel, low, high)
            CROSS JOIN LATERAL generate_series(r.low, r.high) AS i
            JOIN channels c ON c.name = 'c' || r.channel
            JOIN users u ON u.handle = 'u' || i
            """,
            // A log-in each, since an access token is only as good as the log-in that it belongs to.
            """
            INSERT INTO refresh_tokens (hash, app_id, user_id, family, expires_at)
            SELECT sha256(id::text::bytea), 1, id, 'bench-' || id, now() + interval '1 day' FROM users
            """, "ANALYZE users, channels, channel_members, refresh_tokens", on: loop)
        let users = try await machine.numbers(
            "SELECT id FROM users WHERE handle ~ '^u[0-9]+$' ORDER BY substr(handle, 2)::int", on: loop)
        let channels = try await machine.numbers(
            "SELECT id FROM channels WHERE name ~ '^c[0-9]+$' ORDER BY substr(name, 2)::int", on: loop)
        let administrator = try await machine.numbers("SELECT id FROM users WHERE handle = 'admin'", on: loop)
        state.withLock { state in
            state.administrator = administrator[0]
            state.userIDs = users
            state.channelIDs = channels
        }
    }

    func stop() async {
        let process = state.withLock { state in
            defer { state.process = nil }
            return state.process
        }
        await process?.stop()
    }

    func channelID(_ channel: Int) -> Int64 { state.withLock { $0.channelIDs[channel] } }

    /// An access token as the server's own log-in would give.
    private func token(_ user: Int) throws -> String { try token(id: state.withLock { $0.userIDs[user] }) }

    private func token(id: Int64) throws -> String {
        let key = Digest.sha256(Array(Self.secret.utf8))
        let now = Int64(Date().timeIntervalSince1970)
        let claims = JWTClaims(
            issuer: "martlet", subject: "\(id)", expiresAt: now + 900, issuedAt: now,
            custom: ["app": .int(1), "sid": .string("bench-\(id)"), "stp": .int(0)])
        return try TokenKeys(
            keys: [try SigningKey.hs256(id: Hex.encode(Array(Digest.sha256(key).prefix(6))), secret: key)]
        ).sign(claims)
    }

    func openSender(
        _ user: Int, to channels: [Int], door: String, on loop: LoadLoop
    ) async throws -> any MessageSender {
        if door == "http" {
            return JSONSender(
                try await HTTPConnection.connect(to: port, on: loop), token: try token(user)
            ) { [self] in "/v1/channels/\(channelID($0))/messages" }
        }
        let sender = MartletSocketSender(self)
        sender.socket = try await openSocket(user, hears: false, on: loop) { sender.received($0) }
        return sender
    }

    func openReceiver(
        _ user: Int, channels: [Int], on loop: LoadLoop, onMessage: @escaping (UInt64) -> Void
    ) async throws -> any MessageReceiver {
        try await openSocket(user, on: loop) { payload in
            if let stamp = Marker.find(in: payload) { onMessage(stamp) }
        }
    }

    func fill(_ count: Int, _ machine: Machine) async throws -> Bool {
        let channel = channelID(0)
        // The index of words is made anew afterwards, which takes a tenth of the time.
        try await machine.sql(
            """
            DO $$
            DECLARE definition text;
            BEGIN
                SELECT indexdef INTO definition FROM pg_indexes WHERE indexname = 'messages_text';
                DROP INDEX messages_text;
                INSERT INTO messages (id, app_id, channel_id, seq, author_id, kind, text, nonce, created_at)
                SELECT nextval('messages_id'), 1, c.id, c.last_seq + n, u.ids[1 + n % cardinality(u.ids)], 'text',
                    'Message ' || n || ' of a long history, as long as people write: a sentence or two.', 'fill-' || c.last_seq + n,
                    now()
                FROM channels c, (SELECT array_agg(user_id ORDER BY user_id) AS ids FROM channel_members
                    WHERE channel_id = \(channel)) u, generate_series(1, \(count)) n
                WHERE c.id = \(channel);
                UPDATE channels SET last_seq = last_seq + \(count) WHERE id = \(channel);
                EXECUTE definition;
                ALTER INDEX messages_text ALTER COLUMN 1 SET STATISTICS 0;
            END $$
            """, "VACUUM ANALYZE messages", on: BenchLoops.service)
        return true
    }

    func openReader(_ user: Int, on loop: LoadLoop) async throws -> any PageReader {
        HTTPPageReader(try await HTTPConnection.connect(to: port, on: loop), token: try token(user)) { [self] in
            "/v1/channels/\(channelID($0))/messages?before=\($1)&limit=50"
        }
    }

    /// Opens a WebSocket and waits until it may be used.
    private func openSocket(
        _ user: Int, hears: Bool = true, on loop: LoadLoop, onText: @escaping (UnsafeRawBufferPointer) -> Void
    ) async throws -> WebSocketClient {
        let start = Handshake()
        let socket = try await WebSocketClient.connect(
            to: port, path: "/v1/ws", headers: "Authorization: Bearer \(try token(user))\r\n", on: loop,
            onText: { payload in
                if start.isDone { onText(payload) } else { start.received(payload, marker: #""op":"ready""#) }
            }, onClose: { start.failed() })
        socket.send(hears ? #"{"op":"start"}"# : #"{"op":"start","events":false}"#)
        try await start.wait()
        return socket
    }
}

private struct MartletEcho: Echo {
    let process: PeerProcess
    func stop() async { await process.stop() }
}

/// Sends over Martlet's WebSocket and waits for the answers, which come in the order of the sends.
private final class MartletSocketSender: MessageSender {
    var socket: WebSocketClient?
    private let peer: MartletPeer
    private var waiting: [(Bool) -> Void] = []
    private var prefixes: [Int: [UInt8]] = [:]

    init(_ peer: MartletPeer) { self.peer = peer }

    func send(_ stamp: UInt64, to channel: Int, done: @escaping (Bool) -> Void) {
        guard let socket, socket.isOpen else { return done(false) }
        waiting.append(done)
        var frame =
            prefixes[channel] ?? Array(#"{"op":"send","id":"1","channel_id":\#(peer.channelID(channel)),"text":""#.utf8)
        prefixes[channel] = frame
        Marker.appendText(stamp, to: &frame)
        frame += Array(#"","nonce":""#.utf8)
        Marker.appendHexadecimal(Nonce.next(), to: &frame)
        frame += Array("\"}".utf8)
        socket.send(frame)
    }

    func received(_ payload: UnsafeRawBufferPointer) {
        let isSent = payload.starts(with: #"{"op":"sent""#.utf8)
        guard isSent || payload.starts(with: #"{"op":"error""#.utf8), !waiting.isEmpty else { return }
        // A repeat is answered too, and stores nothing.
        waiting.removeFirst()(isSent && payload.suffix(6).elementsEqual("false}".utf8))
    }

    func close() { socket?.close() }
}
