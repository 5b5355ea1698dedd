import Crypto
import EventLoop
import HTTPTypes
import Lifecycle
import Synchronization
import Testing

@testable import WebSocket

@Suite(.timeLimit(.minutes(1)))
struct WebSocketProtocolTests {
    private static let good: HTTPHeaders = [
        "Host": "h", "Upgrade": "WebSocket", "Connection": "keep-alive, upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]

    @Test func `the handshake answers with the key of the RFC's example and the preferred subprotocol`() {
        var headers = Self.good
        headers.add("Sec-WebSocket-Protocol", "a, x")
        headers.add("Sec-WebSocket-Protocol", "b")
        let response = WebSocketUpgrade.respond(
            to: HTTPRequest(method: .get, path: "/", headers: headers), subprotocols: ["b", "a"], onOpen: { _ in })
        #expect(response.status == 101)
        #expect(response.headers["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(response.headers["Sec-WebSocket-Protocol"] == "b")
        #expect(response.headers["Sec-WebSocket-Extensions"] == nil)
    }

    @Test(arguments: [
        ("Upgrade", nil, 426), ("Upgrade", "h2c", 426), ("Connection", "close", 426), ("Connection", nil, 426),
        ("Sec-WebSocket-Version", "8", 426), ("Sec-WebSocket-Version", nil, 426), ("Sec-WebSocket-Key", nil, 400),
        ("Sec-WebSocket-Key", "short", 400), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ", 400),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZXh4", 400), ("Origin", "https://evil.example", 403),
        ("Origin", "null", 403), ("Origin", "https://good.example", 101),
    ])
    func `a handshake that lacks something is refused with a problem document`(
        name: String, value: String?, status: Int
    ) {
        var headers = Self.good
        headers[name] = value
        let response = WebSocketUpgrade.respond(
            to: HTTPRequest(method: .get, path: "/", headers: headers), allowedOrigins: ["https://good.example"],
            onOpen: { _ in })
        #expect(response.status == status)
        guard status != 101 else { return }
        #expect(response.headers["Content-Type"] == "application/problem+json")
        if status == 426 { #expect(response.headers["Sec-WebSocket-Version"] == "13") }
    }

    @Test(arguments: [
        ("an unmasked frame", WebSocketFrame.encode(.text, Array("x".utf8)), 1002),
        ("reserved bit 1", RawPeer.masked(0xC1, [120]), 1002),
        ("reserved bit 3", RawPeer.masked(0x91, [120]), 1002),
        ("an unknown data opcode", RawPeer.masked(0x83, []), 1002),
        ("an unknown control opcode", RawPeer.masked(0x8B, []), 1002),
        ("a fragmented ping", RawPeer.masked(0x09, []), 1002),
        ("a long ping", RawPeer.masked(0x89, [UInt8](repeating: 0, count: 126)), 1002),
        ("a continuation of nothing", RawPeer.masked(0x80, [120]), 1002),
        ("a new message within one", RawPeer.masked(0x01, [120]) + RawPeer.masked(0x81, [120]), 1002),
        ("a length that is not minimal", [0x81, 0xFE, 0, 1, 0, 0, 0, 0, 120], 1002),
        ("a negative length", [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1002),
        ("a close frame of one byte", RawPeer.masked(0x88, [3]), 1002),
        ("close code 999", RawPeer.masked(0x88, [3, 0xE7]), 1002),
        ("close code 1004", RawPeer.masked(0x88, [3, 0xEC]), 1002),
        ("close code 1005", RawPeer.masked(0x88, [3, 0xED]), 1002),
        ("close code 1006", RawPeer.masked(0x88, [3, 0xEE]), 1002),
        ("close code 1015", RawPeer.masked(0x88, [3, 0xF7]), 1002),
        ("close code 2999", RawPeer.masked(0x88, [0x0B, 0xB7]), 1002),
        ("close code 5000", RawPeer.masked(0x88, [0x13, 0x88]), 1002),
        ("a close reason that is not UTF-8", RawPeer.masked(0x88, [3, 0xE8, 0xFF]), 1007),
        ("text that is not UTF-8", RawPeer.masked(0x81, [0xFF]), 1007),
        ("text that ends within a character", RawPeer.masked(0x81, [0xC3]), 1007),
        ("an overlong form", RawPeer.masked(0x81, [0xC0, 0xAF]), 1007),
        ("a surrogate", RawPeer.masked(0x81, [0xED, 0xA0, 0x80]), 1007),
        ("a character broken by fragments", RawPeer.masked(0x01, [0xC3]) + RawPeer.masked(0x80, [0x28]), 1007),
        ("a frame over the limit", RawPeer.masked(0x82, [UInt8](repeating: 0, count: 1001)), 1009),
        ("a frame of 2^63-1 bytes", [0x82, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 7) + [0, 0, 0, 0, 1], 1009),
        (
            "fragments over the limit together",
            RawPeer.masked(0x02, [UInt8](repeating: 0, count: 600))
                + RawPeer.masked(0x80, [UInt8](repeating: 0, count: 401)), 1009
        ),
    ])
    func `a breach of the protocol closes with its code and delivers nothing`(
        what: String, bytes: [UInt8], code: Int
    ) async throws {
        let delivered = Atomic<Int>(0)
        let closed = Mutex<WebSocketClose?>(nil)
        let gone = Latch()
        try await withWebSocketServer({ $0.maximumMessageBytes = 1000 }) { connection in
            connection.start(
                onText: { _ in delivered.add(1, ordering: .relaxed) },
                onBinary: { _ in delivered.add(1, ordering: .relaxed) },
                onClose: { close in
                    closed.withLock { $0 = close }
                    gone.open()
                })
        } _: { address, loop in
            let peer = try await RawPeer.connect(to: address, on: loop)
            peer.send(bytes)
            #expect(await peer.closeCode() == code, "\(what)")
            peer.close()
            await gone.wait()
            #expect(closed.withLock { $0 }?.code == UInt16(code))
            #expect(closed.withLock { $0 }?.isRemote == false)
        }
        #expect(delivered.load(ordering: .relaxed) == 0)
    }

    @Test func `text comes whole across fragments, with control frames between`() async throws {
        try await withWebSocketServer { address, loop in
            let peer = try await RawPeer.connect(to: address, on: loop)
            let text = Array("grüße 🐦".utf8)
            for (index, byte) in text.enumerated() {
                peer.send(index == 0 ? 0x01 : index == text.count - 1 ? 0x80 : 0x00, [byte])
                if index == 3 { peer.send(0x89, [7]) }
            }
            let frames = [await peer.frame(), await peer.frame()]
            #expect(frames.contains(RawPeer.Frame(first: 0x8A, payload: [7])))
            #expect(frames.contains(RawPeer.Frame(first: 0x81, payload: text)))
        }
    }

    @Test(arguments: [0, 1, 125, 126, 65535, 65536, 1_048_576])
    func `a message of any size comes back, sent in odd pieces`(size: Int) async throws {
        try await withWebSocketServer({ $0.maximumUnsentBytes = 4_000_000 }) { address, loop in
            let peer = try await RawPeer.connect(to: address, on: loop)
            let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
            let frame = RawPeer.masked(0x82, payload)
            var start = 0
            var piece = 1
            while start < frame.count {
                let end = min(frame.count, start + piece)
                peer.send(Array(frame[start..<end]))
                start = end
                piece = piece &* 3 % 40961 + 1
            }
            let answer = await peer.next { bytes, _ -> [UInt8]? in
                // Straight to the end of the frame: the frame parser is not made for megabytes.
                let head = size < 126 ? 2 : size <= 0xFFFF ? 4 : 10
                return bytes.count >= head + size ? Array(bytes.dropFirst(head)) : nil
            }
            #expect(answer == payload)
        }
    }

    @Test func `a decoder is idle between messages and only there`() {
        for isServer in [true, false] {
            let decoder = MessageDecoder(isServer: isServer)
            var bytes: [UInt8] = []
            for (opcode, size) in [(0x82, 0), (0x82, 1), (0x82, 125), (0x82, 126), (0x82, 70000), (0x89, 5)] {
                let payload = [UInt8](repeating: 1, count: size)
                var frame = WebSocketFrame.encode(.binary, payload, mask: isServer ? 99 : nil)
                frame[0] = UInt8(opcode)
                bytes += frame
                for cut in [1, frame.count / 2, frame.count - 1] where cut > 0 && cut < frame.count {
                    feed(decoder, Array(frame[..<cut]))
                    #expect(!decoder.isIdle)
                    feed(decoder, Array(frame[cut...]))
                    #expect(decoder.isIdle)
                }
            }
            #expect(feed(decoder, bytes) == 5)
            #expect(decoder.isIdle)
            var begun = WebSocketFrame.encode(.text, [120], mask: isServer ? 99 : nil)
            begun[0] = 0x01
            feed(decoder, begun)
            #expect(!decoder.isIdle)
        }
    }

    @discardableResult
    private func feed(_ decoder: MessageDecoder, _ bytes: [UInt8]) -> Int {
        var messages = 0
        let taken = bytes.withUnsafeBytes {
            decoder.decode($0, maximumMessageBytes: 1 << 20, isPaused: { false }, onMessage: { _ in messages += 1 })
                .taken
        }
        #expect(taken == bytes.count)
        return messages
    }

    @Test func `no bytes whatever can do more than end the connection`() async throws {
        var random = SplitMix(state: 20_240_229)
        for _ in 0..<3000 {
            let decoder = MessageDecoder(isServer: true)
            var bytes: [UInt8] = []
            while bytes.count < 200 {
                // Half of the frames have a sound head, so that what follows is reached.
                if Bool.random(using: &random) {
                    let payload = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    }
                    bytes += RawPeer.masked(UInt8.random(in: 0...255, using: &random), payload)
                } else {
                    bytes.append(UInt8.random(in: 0...255, using: &random))
                }
            }
            var rest = bytes[...]
            var isOver = false
            while !rest.isEmpty, !isOver {
                let piece = Array(rest.prefix(Int.random(in: 1...60, using: &random)))
                rest = rest.dropFirst(piece.count)
                piece.withUnsafeBytes { piece in
                    let result = decoder.decode(
                        piece, maximumMessageBytes: 500, isPaused: { false },
                        onMessage: { message in
                            let count =
                                switch message {
                                case .text(let text): text.utf8.count
                                case .binary(let bytes): bytes.count
                                }
                            #expect(count <= 500)
                        })
                    isOver = result.ending != nil
                    #expect(result.taken <= piece.count)
                    #expect(result.output.count <= 10_000)
                }
            }
        }
    }
}

/// A seeded generator, so that a failure comes again.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
