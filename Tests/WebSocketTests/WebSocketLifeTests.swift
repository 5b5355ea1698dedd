import EventLoop
import HTTPTypes
import Lifecycle
import Synchronization
import Testing

@testable import WebSocket

@Suite(.timeLimit(.minutes(1)))
struct WebSocketLifeTests {
    /// What happened to a connection, for a test to wait for.
    private final class Record: Sendable {
        let connection = Mutex<WebSocketConnection?>(nil)
        let opened = Latch()
        let close = Mutex<WebSocketClose?>(nil)
        let closed = Latch()

        @Sendable func open(_ connection: WebSocketConnection) {
            self.connection.withLock { $0 = connection }
            connection.start(
                onText: { connection.send(text: $0) }, onBinary: { connection.send(binary: $0) },
                onClose: { close in
                    self.close.withLock { $0 = close }
                    self.closed.open()
                })
            opened.open()
        }

        func outcome() async -> WebSocketClose? {
            await closed.wait()
            return close.withLock { $0 }
        }
    }

    private func connect(_ address: SocketAddress, _ loop: EventLoop) async throws -> WebSocketConnection {
        try await WebSocketConnection.connect(url: "ws://\(address)/", on: loop)
    }

    @Test func `client and server exchange text and binary`() async throws {
        try await withWebSocketServer { address, loop in
            let client = try await WebSocketConnection.connect(
                url: "ws://\(address)/path?x=1", headers: ["X-A": "b"], subprotocols: ["a"], on: loop)
            #expect(client.subprotocol == "a")
            let messages = client.messages()
            for size in [0, 1, 125, 126, 65535, 65536, 500_000] {
                let text = String(repeating: "ö", count: size / 2)
                client.send(text: text)
                #expect(try await messages.next() == .text(text))
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                client.send(binary: bytes)
                #expect(try await messages.next() == .binary(bytes))
            }
            client.close()
            #expect(try await messages.next() == nil)
            #expect(messages.close == WebSocketClose(code: 1000, isRemote: false))
        }
    }

    @Test func `the peer's close is answered and told`() async throws {
        let record = Record()
        try await withWebSocketServer(onOpen: record.open) { address, loop in
            let peer = try await RawPeer.connect(to: address, on: loop)
            peer.send(0x88, [0x0F, 0xA1] + Array("bye".utf8))
            #expect(await peer.frame() == RawPeer.Frame(first: 0x88, payload: [0x0F, 0xA1] + Array("bye".utf8)))
            #expect(await peer.ends())
            #expect(await record.outcome() == WebSocketClose(code: 4001, reason: "bye", isRemote: true))
        }
    }

    @Test func `codes that were registered after the RFC are understood, and a reason in pieces is checked`()
        async throws
    {
        for (payload, code) in [
            ([0x03, 0xF6], 1014), ([0x03, 0xF4] + Array("later".utf8), 1012), ([0x03, 0xF5, 0xFF], 1007),
            ([0x03, 0xE8, 0x61, 0x61, 0xFF, 0x61], 1007),
        ] as [([UInt8], Int)] {
            let record = Record()
            try await withWebSocketServer(onOpen: record.open) { address, loop in
                let peer = try await RawPeer.connect(to: address, on: loop)
                await record.opened.wait()
                for byte in RawPeer.masked(0x88, payload) { peer.send([byte]) }
                #expect(await peer.closeCode() == code)
                peer.close()
                #expect(await record.outcome()?.code == UInt16(code))
            }
        }
    }

    @Test func `a close frame without a code is answered in kind`() async throws {
        let record = Record()
        try await withWebSocketServer(onOpen: record.open) { address, loop in
            let peer = try await RawPeer.connect(to: address, on: loop)
            peer.send(0x88, [])
            #expect(await peer.frame() == RawPeer.Frame(first: 0x88, payload: []))
            #expect(await record.outcome() == WebSocketClose(code: 1005, isRemote: true))
        }
    }

    @Test func `our close waits for the peer's, and what comes between is dropped`() async throws {
        let record = Record()
        try await withWebSocketServer(onOpen: record.open) { address, loop in
            let peer = try await RawPeer.connect(to: address, on: loop)
            await record.opened.wait()
            record.connection.withLock { $0 }?.close(code: 4002, reason: String(repeating: "é", count: 100))
            let frame = await peer.frame()
            #expect(frame?.code == 4002)
            #expect(frame?.payload.count == 124)
            peer.send(0x81, Array("late".utf8))
            peer.send(0x88, [0x0F, 0xA2])
            #expect(await peer.ends())
            #expect(await record.outcome()?.code == 4002)
        }
    }

    @Test func `a peer that does not answer our close is cut off`() async throws {
        let record = Record()
        try await withWebSocketServer({ $0.closeTimeout = .milliseconds(50) }, onOpen: record.open) { address, loop in
            let peer = try await RawPeer.connect(to: address, on: loop)
            await record.opened.wait()
            record.connection.withLock { $0 }?.close(code: 1001, reason: "restart")
            #expect(await peer.closeCode() == 1001)
            #expect(await peer.ends())
            #expect(await record.outcome() == WebSocketClose(code: 1001, reason: "restart", isRemote: false))
        }
    }

    @Test func `a connection that breaks off is told as 1006`() async throws {
        let record = Record()
        try await withWebSocketServer(onOpen: record.open) { address, loop in
            let peer = try await RawPeer.connect(to: address, on: loop)
            await record.opened.wait()
            peer.close()
            #expect(await record.outcome()?.code == 1006)
        }
    }

    @Test func `a server may close a connection instead of starting it`() async throws {
        try await withWebSocketServer(onOpen: { $0.close(code: 1013, reason: "full") }) { address, loop in
            let client = try await connect(address, loop)
            let error = await #expect(throws: WebSocketError.self) {
                for try await _ in client.messages() {}
            }
            #expect(error?.code == .closed(WebSocketClose(code: 1013, reason: "full", isRemote: true)))
        }
    }

    @Test func `a silent peer is asked and lives as long as it answers`() async throws {
        let record = Record()
        try await withWebSocketServer(
            {
                $0.pingInterval = .milliseconds(20)
                $0.pongTimeout = .seconds(60)
            }, onOpen: record.open
        ) { address, loop in
            let peer = try await RawPeer.connect(to: address, on: loop)
            for _ in 0..<5 {
                #expect(await peer.frame() == RawPeer.Frame(first: 0x89, payload: []))
                peer.send(0x8A, [])
            }
            peer.send(0x81, [120])
            while let frame = await peer.frame(), frame.first != 0x81 { peer.send(0x8A, []) }
            #expect(record.close.withLock { $0 } == nil)
        }
    }

    @Test func `a peer that does not answer is cut`() async throws {
        let record = Record()
        try await withWebSocketServer(
            {
                $0.pingInterval = .milliseconds(20)
                $0.pongTimeout = .milliseconds(20)
            }, onOpen: record.open
        ) { address, loop in
            let peer = try await RawPeer.connect(to: address, on: loop)
            #expect(await peer.ends())
            #expect(await record.outcome()?.code == 1006)
        }
    }

    @Test func `a slow receiver is closed with its code while others go on`() async throws {
        let slow = Record()
        let fast = Record()
        let count = Atomic<Int>(0)
        try await withWebSocketServer(
            { $0.maximumUnsentBytes = 200_000 },
            onOpen: { connection in
                (count.add(1, ordering: .relaxed).newValue == 1 ? slow : fast).open(connection)
            }
        ) { address, loop in
            let reader = EventLoopGroup(count: 1).next()
            let lazy = try await RawPeer.connect(to: address, on: reader)
            await slow.opened.wait()
            lazy.pause()
            let busy = try await connect(address, loop)
            let messages = busy.messages()
            await fast.opened.wait()
            let frame = WebSocketFrame.binary([UInt8](repeating: 1, count: 50_000))
            let connections = [slow, fast].compactMap { $0.connection.withLock { $0 } }
            var isSlowOpen = true
            while isSlowOpen {
                for connection in connections { connection.send(frame: frame) }
                #expect(try await messages.next() == .binary([UInt8](repeating: 1, count: 50_000)))
                isSlowOpen = await withCheckedContinuation { continuation in
                    connections[0].loop.execute { continuation.resume(returning: connections[0].isOpen) }
                }
            }
            // What was sent before still arrives, and then the reason.
            lazy.resume()
            #expect(await lazy.closeCode() == 1013)
            lazy.send(0x88, [3, 0xF5])
            #expect(await slow.outcome() == WebSocketClose(code: 1013, reason: "too slow", isRemote: false))
            busy.send(text: "still here")
            #expect(try await messages.next() == .text("still here"))
            busy.close()
        }
    }

    @Test func `one frame reaches a hundred connections`() async throws {
        let connections = Mutex<[WebSocketConnection]>([])
        let ready = Latch()
        try await withWebSocketServer(
            group: EventLoopGroup(count: 2),
            onOpen: { connection in
                connection.start(onText: { _ in }, onBinary: { _ in }, onClose: { _ in })
                let count = connections.withLock {
                    $0.append(connection)
                    return $0.count
                }
                if count == 100 { ready.open() }
            }
        ) { address, loop in
            var clients: [WebSocketMessages] = []
            for _ in 0..<100 { clients.append(try await connect(address, loop).messages()) }
            await ready.wait()
            let text = String(repeating: "shared ", count: 5000)
            let frame = WebSocketFrame.text(text)
            for connection in connections.withLock({ $0 }) { connection.send(frame: frame) }
            for client in clients { #expect(try await client.next() == .text(text)) }
            for connection in connections.withLock({ $0 }) { connection.close() }
            for client in clients { #expect(try await client.next() == nil) }
        }
    }

    @Test func `a consumer that is behind stops the reading`() async throws {
        let sent = Atomic<Int>(0)
        try await withWebSocketServer(onOpen: { connection in
            connection.start(onText: { _ in }, onBinary: { _ in }, onClose: { _ in })
            for index in 0..<1000 {
                connection.send(text: "\(index)")
                sent.add(1, ordering: .relaxed)
            }
        }) { address, loop in
            let client = try await connect(address, loop)
            let messages = client.messages(window: 4)
            for index in 0..<1000 { #expect(try await messages.next() == .text("\(index)")) }
            client.close()
            #expect(try await messages.next() == nil)
        }
    }

    @Test func `waiting for a message ends when the task is cancelled`() async throws {
        try await withWebSocketServer { address, loop in
            let client = try await connect(address, loop)
            let messages = client.messages()
            let waiting = Task { try await messages.next() }
            waiting.cancel()
            #expect(try await waiting.value == nil)
            client.close()
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 101 X\r\n\r\n", "nonsense\r\n\r\n",
        "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n",
        "HTTP/1.1 101 X\r\nno colon\r\n\r\n", String(repeating: "x", count: 20_000), "",
    ])
    func `a client refuses what is no handshake`(answer: String) async throws {
        let group = EventLoopGroup(count: 1)
        let listener = try StreamListener(.tcp(host: "127.0.0.1", port: 0), on: group) { stream in
            stream.start(
                onRead: { bytes in
                    stream.write(answer)
                    stream.close()
                    return bytes.count
                }, onClose: { _ in })
        }
        defer { listener.close() }
        await #expect(throws: WebSocketError.self) {
            _ = try await WebSocketConnection.connect(url: "ws://\(listener.address)/", on: group.next())
        }
    }

    @Test func `a client gives up a server that says nothing`() async throws {
        let group = EventLoopGroup(count: 1)
        let listener = try StreamListener(.tcp(host: "127.0.0.1", port: 0), on: group) { stream in
            stream.start(onRead: { $0.count }, onClose: { _ in })
        }
        defer { listener.close() }
        let error = await #expect(throws: WebSocketError.self) {
            _ = try await WebSocketConnection.connect(
                url: "ws://\(listener.address)/", on: group.next(), timeout: .milliseconds(50))
        }
        #expect(error?.code == .timeout)
        let task = Task {
            try await WebSocketConnection.connect(url: "ws://\(listener.address)/", on: group.next())
        }
        task.cancel()
        await #expect(throws: (any Error).self) { _ = try await task.value }
    }

    @Test(arguments: [
        "", "http://h/", "ws://", "ws:///x", "ws://h:0/", "ws://h:70000/", "ws://a b/", "ws://u@h/", "ws://h/#f",
        "ws://h/\r\nX: y",
    ])
    func `what is no WebSocket URL is refused`(url: String) async {
        await #expect(throws: WebSocketError.self) {
            _ = try await WebSocketConnection.connect(url: url, on: EventLoopGroup(count: 1).next())
        }
    }

    @Test(arguments: [
        ("ws://h", "h", 80, "/", "h"), ("wss://h/a?b", "h", 443, "/a?b", "h"), ("WS://h:8?q", "h", 8, "/?q", "h:8"),
        ("ws://[::1]:9/", "::1", 9, "/", "[::1]:9"), ("ws://[::1]/", "::1", 80, "/", "[::1]"),
    ])
    func `a WebSocket URL is read as it is written`(
        text: String, host: String, port: UInt16, target: String, authority: String
    ) throws {
        let url = try WebSocketURL(text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.target == target)
        #expect(url.authority == authority)
    }

    @Test func `a header with a line end is not sent`() async {
        await #expect(throws: WebSocketError.self) {
            _ = try await WebSocketConnection.connect(
                url: "ws://127.0.0.1:1/", headers: ["A": "b\r\nC: d"], on: EventLoopGroup(count: 1).next())
        }
    }

    /// Connects a client to a server that the test plays; `with` are the first bytes after the server's handshake.
    private func clientAndPeer(with first: [UInt8]) async throws -> (WebSocketConnection, RawPeer) {
        let group = EventLoopGroup(count: 1)
        let accepted = Mutex<StreamConnection?>(nil)
        let arrived = Latch()
        let listener = try StreamListener(.tcp(host: "127.0.0.1", port: 0), on: group) { stream in
            accepted.withLock { $0 = stream }
            arrived.open()
        }
        defer { listener.close() }
        async let connecting = connect(listener.address, group.next())
        await arrived.wait()
        let peer = await RawPeer(try #require(accepted.withLock { $0 }))
        let head = try #require(await peer.head())
        let key = try #require(head.split(separator: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") })
        let accept = WebSocketHandshake.accept(for: String(key.dropFirst(19)))
        let answer =
            "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(accept)\r\n\r\n"
        peer.send(Array(answer.utf8) + first)
        return (try await connecting, peer)
    }

    @Test func `a client answers pings by itself, with masks of its own`() async throws {
        let (client, peer) = try await clientAndPeer(with: [])
        let messages = client.messages()
        for index in 0..<3 as Range<UInt8> {
            peer.send([0x89, 1, index])
            let pong = try #require(await peer.next { bytes, _ in bytes.count >= 7 ? bytes : nil })
            #expect(pong[1] == 0x81)
            #expect(await peer.frame() == RawPeer.Frame(first: 0x8A, payload: [index]))
        }
        peer.send(WebSocketFrame.encode(.close, [3, 0xE8]))
        #expect(try await messages.next() == nil)
    }

    @Test func `a client refuses masked frames, and reads what came with the handshake`() async throws {
        let (client, peer) = try await clientAndPeer(with: WebSocketFrame.text("early").bytes)
        let messages = client.messages()
        #expect(try await messages.next() == .text("early"))
        peer.send(0x81, [120])
        #expect(await peer.closeCode() == 1002)
        peer.close()
        await #expect(throws: WebSocketError.self) { _ = try await messages.next() }
    }
}
