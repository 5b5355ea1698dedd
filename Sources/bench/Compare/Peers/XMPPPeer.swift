import LoadGenerator

/// ejabberd: rooms with an archive in PostgreSQL, over XMPP's WebSocket (RFC 7395).
///
/// A message is sent when the room gives it back to its sender, which it does after the commit.
final class XMPPPeer: ProgramPeer {
    let doors = ["xmpp"]
    let remark = "who sends is in the room and gets every message of it"
    let keepsHistory = false
    let program: PeerProgram

    init(_ program: PeerProgram) { self.program = program }

    func openSender(
        _ user: Int, to channels: [Int], door: String, on loop: LoadLoop
    ) async throws -> any MessageSender {
        let sender = XMPPSender(user: user)
        let socket = try await connect(user, on: loop) { sender.received($0) }
        sender.socket = socket
        try await join(socket, user, channels)
        return sender
    }

    func openReceiver(
        _ user: Int, channels: [Int], on loop: LoadLoop, onMessage: @escaping (UInt64) -> Void
    ) async throws -> any MessageReceiver {
        let socket = try await connect(user, on: loop) { if let stamp = Marker.find(in: $0) { onMessage(stamp) } }
        try await join(socket, user, channels)
        return socket
    }

    private static let header = #"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>"#

    private func connect(
        _ user: Int, on loop: LoadLoop, onText: @escaping (UnsafeRawBufferPointer) -> Void
    ) async throws -> TextSocket {
        let socket = try await TextSocket.connect(
            to: program.port, path: "/ws", headers: "Sec-WebSocket-Protocol: xmpp\r\n", on: loop
        ) { onText($1) }
        _ = try await socket.ask(Self.header, until: "<mechanism>")
        let secret = Self.base64(Array("\0u\(user)\0u\(user)".utf8))
        _ = try await socket.ask(
            "<auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\" mechanism=\"PLAIN\">\(secret)</auth>", until: "<success")
        _ = try await socket.ask(Self.header, until: "features")
        // A resource of its own, as the same user may both send and listen.
        _ = try await socket.ask(
            #"<iq xmlns="jabber:client" type="set" id="bind"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>"#,
            until: "<jid>")
        return socket
    }

    private func join(_ socket: TextSocket, _ user: Int, _ channels: [Int]) async throws {
        for channel in channels {
            let room = "c\(channel)@conference.localhost/u\(user)"
            _ = try await socket.ask(
                "<presence xmlns=\"jabber:client\" to=\"\(room)\"><x xmlns=\"http://jabber.org/protocol/muc\"/></presence>",
                until: room)
        }
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            let bits = part.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - part.count))
            for index in 0..<4 {
                text.append(index <= part.count ? digits[bits >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Sends to rooms that it has joined, and finds its own messages among those that come back.
private final class XMPPSender: MessageSender {
    var socket: TextSocket?
    private let user: Int
    private let ownID: [UInt8]
    private var count: UInt64 = 0
    private var waiting: [UInt64: (Bool) -> Void] = [:]

    init(user: Int) {
        self.user = user
        ownID = Array("~n~u\(user)~".utf8)
    }

    func send(_ stamp: UInt64, to channel: Int, done: @escaping (Bool) -> Void) {
        guard let socket, socket.isOpen else { return done(false) }
        count += 1
        waiting[count] = done
        var stanza = Array("<message xmlns=\"jabber:client\" type=\"groupchat\" id=\"".utf8)
        stanza += ownID
        Marker.appendHexadecimal(count, to: &stanza)
        stanza += Array("\" to=\"c\(channel)@conference.localhost\"><body>".utf8)
        Marker.appendText(stamp, to: &stanza)
        stanza += Array("</body></message>".utf8)
        socket.send(stanza)
    }

    func received(_ payload: UnsafeRawBufferPointer) {
        guard let number = Marker.number(after: ownID, in: payload), let done = waiting.removeValue(forKey: number)
        else { return }
        // A refusal comes back as a message of the type `error` with the same id.
        done(!payload.prefix(400).contains("type='error'".utf8))
    }

    func close() {
        socket?.close()
        let left = waiting
        waiting = [:]
        for done in left.values { done(false) }
    }
}

extension Slice<UnsafeRawBufferPointer> {
    func contains(_ text: String.UTF8View) -> Bool { firstRange(of: Array(text)) != nil }
}
