import LoadGenerator
import Synchronization

/// Synapse: Matrix's client-server API; messages are waited for by long polls of `/sync`.
final class MatrixPeer: ProgramPeer {
    let doors = ["matrix"]
    /// To join a room takes it a quarter of a second of processor time.
    let mostSockets = 200
    let keepsHistory = false
    let program: PeerProgram

    init(_ program: PeerProgram) { self.program = program }

    func openSender(
        _ user: Int, to channels: [Int], door: String, on loop: LoadLoop
    ) async throws -> any MessageSender {
        let connection = try await HTTPConnection.connect(to: program.port, on: loop)
        var rooms: [Int: String] = [:]
        for channel in channels { rooms[channel] = try await join(connection, user, channel) }
        return MatrixSender(connection, token: Self.token(user), rooms: rooms)
    }

    func openReceiver(
        _ user: Int, channels: [Int], on loop: LoadLoop, onMessage: @escaping (UInt64) -> Void
    ) async throws -> any MessageReceiver {
        let main = try await HTTPConnection.connect(to: program.port, on: loop)
        var rooms: [String] = []
        for channel in channels { rooms.append(try await join(main, user, channel)) }
        main.close()
        // The worker answers `/sync`.
        let connection = try await HTTPConnection.connect(to: program.port + 1, on: loop)
        let receiver = MatrixReceiver(connection, token: Self.token(user), onMessage: onMessage)
        try await receiver.start(rooms)
        return receiver
    }

    static func token(_ user: Int) -> String { "syt_u\(user)" }

    /// - Returns: The room's id.
    private func join(_ connection: HTTPConnection, _ user: Int, _ channel: Int) async throws -> String {
        let request = HTTPConnection.request(
            "POST", "/_matrix/client/v3/join/%23c\(channel):localhost", token: Self.token(user),
            body: Array("{}".utf8))
        let answer = try await connection.answer(to: request)
        guard let room = Self.field("room_id", in: answer) else { throw LoadError("no room: \(answer.prefix(200))") }
        return room
    }

    /// The text of a field of JSON that has no escapes.
    static func field(_ name: String, in text: String) -> String? {
        guard let start = text.firstRange(of: "\"\(name)\":")?.upperBound else { return nil }
        let rest = text[start...].drop { $0 == " " }
        guard rest.first == "\"" else { return nil }
        return String(rest.dropFirst().prefix { $0 != "\"" })
    }
}

extension HTTPConnection {
    /// Sends a request and waits for the body of the answer.
    func answer(to request: [UInt8]) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            send(request) { answer in
                guard let answer else { return continuation.resume(throwing: LoadError("the connection ended")) }
                let text = String(decoding: answer.body, as: UTF8.self)
                guard answer.status < 300 else {
                    return continuation.resume(throwing: LoadError("status \(answer.status): \(text.prefix(200))"))
                }
                continuation.resume(returning: text)
            }
        }
    }
}

private final class MatrixSender: MessageSender {
    private let connection: HTTPConnection
    private let token: String
    private let rooms: [Int: String]
    private var count = 0

    init(_ connection: HTTPConnection, token: String, rooms: [Int: String]) {
        self.connection = connection
        self.token = token
        self.rooms = rooms
    }

    func send(_ stamp: UInt64, to channel: Int, done: @escaping (Bool) -> Void) {
        guard let room = rooms[channel] else { return done(false) }
        count += 1
        let body = Array(#"{"msgtype":"m.text","body":""#.utf8) + Marker.text(stamp) + Array("\"}".utf8)
        let path = "/_matrix/client/v3/rooms/\(room)/send/m.room.message/\(stamp)-\(count)"
        connection.send(HTTPConnection.request("PUT", path, token: token, body: body)) { done($0?.status == 200) }
    }

    func close() { connection.close() }
}

/// Asks `/sync` again and again, each time for what came after the last answer.
private final class MatrixReceiver: MessageReceiver {
    /// Messages only: no presence, no typing, and of the state what no room is without, or it would not be told of.
    private static let filter: String = {
        let text =
            #"{"room":{"timeline":{"types":["m.room.message"],"limit":1000},"state":{"types":["m.room.create"],"#
            + #""lazy_load_members":true},"ephemeral":{"types":[]},"account_data":{"types":[]}},"#
            + #""presence":{"types":[]},"account_data":{"types":[]}}"#
        return text.utf8.map { byte in
            Character(Unicode.Scalar(byte)).isLetter || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
                || (48...57).contains(byte) ? String(Unicode.Scalar(byte)) : "%" + String(byte, radix: 16)
        }.joined()
    }()
    private let connection: HTTPConnection
    private let token: String
    private let onMessage: (UInt64) -> Void
    private var since = ""

    init(_ connection: HTTPConnection, token: String, onMessage: @escaping (UInt64) -> Void) {
        self.connection = connection
        self.token = token
        self.onMessage = onMessage
    }

    var isOpen: Bool { connection.isOpen }

    /// Asks for everything until each of the rooms is told of: the worker may hear of a join late, and a room without
    /// messages is told of in a first answer only.
    func start(_ rooms: [String]) async throws {
        for attempt in 0... {
            // Synapse answers the same question from its cache for two minutes: each asks to wait another millisecond.
            let answer = try await connection.answer(to: request(wait: attempt))
            guard let next = MatrixPeer.field("next_batch", in: answer) else { throw LoadError("no next_batch") }
            let unknown = rooms.filter { !answer.contains($0) }
            if unknown.isEmpty {
                since = next
                break
            }
            guard attempt < 20 else { throw LoadError("/sync does not tell of \(unknown)") }
            try await Task.sleep(for: .milliseconds(250))
        }
        poll()
    }

    private func poll() {
        connection.send(request(wait: 30_000)) { [weak self] answer in
            guard let self, let answer, answer.status == 200 else { return }
            Marker.forEach(in: answer.body, self.onMessage)
            // It stands first, or last after everything else.
            let head = String(decoding: answer.body.prefix(300), as: UTF8.self)
            let next =
                MatrixPeer.field("next_batch", in: head)
                ?? MatrixPeer.field("next_batch", in: String(decoding: answer.body, as: UTF8.self))
            guard let next else { return }
            self.since = next
            self.poll()
        }
    }

    private func request(wait: Int) -> [UInt8] {
        var path = "/_matrix/client/v3/sync?filter=\(Self.filter)&timeout=\(wait)"
        if !since.isEmpty { path += "&since=\(since)" }
        return HTTPConnection.request("GET", path, token: token)
    }

    func close() { connection.close() }
}
