import EventLoop
import HTTPServer
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ForwardedForTests {
    private static func client(
        _ fields: [(String, String)], peer: String = "10.0.0.1", field: ForwardedFor.Field = .auto
    ) -> String {
        ForwardedFor(trusted: PeerSet(["10.0.0.0/8", "fd00::/8", "unix"])!, field: field).client(
            HTTPHeaders(fields), peer: peer)
    }

    @Test(arguments: [
        ("203.0.113.5", "203.0.113.5"),
        // What the client wrote itself stands left.
        ("1.1.1.1, 203.0.113.5", "203.0.113.5"),
        ("1.1.1.1, 203.0.113.5, 10.2.3.4", "203.0.113.5"),
        ("203.0.113.5,10.2.3.4,fd00::7", "203.0.113.5"),
        ("10.9.9.9, 10.2.3.4", "10.9.9.9"),
        ("203.0.113.5:4711", "203.0.113.5"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("203.0.113.5, ,", "203.0.113.5"),
        // What is no address ends the way: the proxy that passed it on is all that is known.
        ("unknown", "10.0.0.1"),
        ("203.0.113.5, unknown", "10.0.0.1"),
        ("203.0.113.5, unknown, 10.2.3.4", "10.2.3.4"),
        ("203.0.113.5, localhost", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("203.0.113.5:port", "10.0.0.1"),
        ("203.0.113.5:", "10.0.0.1"),
        ("203.0.113.5:123456", "10.0.0.1"),
        ("[203.0.113.5]", "10.0.0.1"),
        ("[2001:db8::1", "10.0.0.1"),
        ("203.0.113.005", "10.0.0.1"),
        ("0x7f.1", "10.0.0.1"),
        ("203.0.113.5 6", "10.0.0.1"),
        ("\"203.0.113.5\"", "10.0.0.1"),
    ])
    func `X-Forwarded-For is read from the right through trusted proxies`(value: String, expected: String) {
        #expect(Self.client([("X-Forwarded-For", value)]) == expected)
    }

    @Test(arguments: [
        ("for=203.0.113.5", "203.0.113.5"),
        ("For=203.0.113.5;Proto=https;by=10.0.0.1", "203.0.113.5"),
        ("proto=https;for=\"203.0.113.5:80\"", "203.0.113.5"),
        ("for=\"[2001:db8::1]:4711\"", "2001:db8::1"),
        ("for=\"[2001:db8::1]\"", "2001:db8::1"),
        ("for=1.1.1.1, for=203.0.113.5", "203.0.113.5"),
        ("for=203.0.113.5, for=10.2.3.4;by=\"a,b;c\\\"d\"", "203.0.113.5"),
        // A quote that the client has left open takes nothing along.
        ("for=\"1.1.1.1, for=203.0.113.5", "203.0.113.5"),
        ("for=unknown", "10.0.0.1"),
        ("for=_hidden, for=10.2.3.4", "10.2.3.4"),
        ("for=203.0.113.5;for=203.0.113.6", "10.0.0.1"),
        ("by=203.0.113.5", "10.0.0.1"),
        ("for=2001:db8::1", "10.0.0.1"),
        ("for=\"2001:db8::1\"", "10.0.0.1"),
        ("for=203.0.113.5;", "10.0.0.1"),
        ("for =203.0.113.5", "10.0.0.1"),
        ("203.0.113.5", "10.0.0.1"),
        ("for=\"203.0.113.5", "10.0.0.1"),
        ("for=", "10.0.0.1"),
        ("=", "10.0.0.1"),
        ("\"", "10.0.0.1"),
        ("\\\"", "10.0.0.1"),
    ])
    func `Forwarded is read from the right through trusted proxies`(value: String, expected: String) {
        #expect(Self.client([("Forwarded", value)]) == expected)
    }

    @Test func `nobody else names a client`() {
        #expect(Self.client([("X-Forwarded-For", "1.1.1.1")], peer: "203.0.113.9") == "203.0.113.9")
        #expect(Self.client([("X-Forwarded-For", "1.1.1.1")], peer: "unix") == "1.1.1.1")
        #expect(ForwardedFor().client(["X-Forwarded-For": "1.1.1.1"], peer: "unix") == "unix")
    }

    @Test func `several fields are one list, and one kind of field is read`() {
        #expect(
            Self.client([("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-For", "203.0.113.5, 10.1.1.1")])
                == "203.0.113.5")
        #expect(
            Self.client([
                ("X-Forwarded-For", "203.0.113.5"), ("X-Forwarded-For", "10.1.1.1"), ("Forwarded", "for=2.2.2.2"),
            ])
                == "203.0.113.5")
        let both = [("X-Forwarded-For", "1.1.1.1"), ("Forwarded", "for=203.0.113.5")]
        #expect(Self.client(both, field: .forwarded) == "203.0.113.5")
        #expect(Self.client(both, field: .xForwardedFor) == "1.1.1.1")
        #expect(Self.client([("Forwarded", "for=1.1.1.1")], field: .xForwardedFor) == "10.0.0.1")
    }

    @Test func `a list of proxies without end is not followed`() {
        let value = "1.1.1.1, " + String(repeating: "10.0.0.2, ", count: 1000) + "10.0.0.3"
        #expect(Self.client([("X-Forwarded-For", value)]) == "10.0.0.2")
    }

    @Test func `the handler sees the client's address`() async throws {
        try await withServer({ $0.forwarded.trusted = PeerSet(["127.0.0.0/8"])! }) { _, connect in
            let client = try await connect()
            client.send("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 9.9.9.9, 203.0.113.5\r\n\r\n")
            #expect(await client.answer()?.text == "GET /  0 203.0.113.5")
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await client.answer()?.text == "GET /  0 127.0.0.1")
        }
    }

    private static let line: [UInt8] = Array("PROXY TCP4 203.0.113.5 10.0.0.1 1 2\r\n".utf8)
    private static let block: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x21, 0x11, 0, 12, 203, 0, 113, 5, 10, 0,
        0, 1,
        0, 1, 0, 2,
    ]

    @Test(arguments: [line, block])
    func `a connection that begins with the PROXY protocol is the client's it names`(header: [UInt8]) async throws {
        try await withServer({
            $0.forwarded.trusted = PeerSet(["127.0.0.0/8"])!
            $0.usesProxyProtocol = true
        }) { _, connect in
            let client = try await connect()
            // The client is no proxy: what it says of others counts for nothing.
            client.send(header + Array("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.1.1.1\r\n\r\n".utf8))
            #expect(await client.answer()?.text == "GET /  0 203.0.113.5")
            let slow = try await connect()
            for byte in header + Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8) { slow.send([byte]) }
            #expect(await slow.answer()?.text == "GET /  0 203.0.113.5")
            let without = try await connect()
            without.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await without.ends())
        }
    }

    @Test func `who is no proxy cannot begin with the PROXY protocol`() async throws {
        try await withServer({
            $0.forwarded.trusted = PeerSet(["10.0.0.0/8"])!
            $0.usesProxyProtocol = true
        }) { _, connect in
            let client = try await connect()
            client.send("PROXY TCP4 203.0.113.5 10.0.0.1 1 2\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await client.ends())
        }
    }

    @Test func `one address has so many connections, behind a proxy each client`() async throws {
        try await withServer({ $0.maximumConnectionsPerAddress = 1 }) { _, connect in
            let first = try await connect()
            first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await first.answer()?.status == 200)
            let second = try await connect()
            #expect(await second.ends())
        }
        try await withServer({
            $0.maximumConnectionsPerAddress = 1
            $0.forwarded.trusted = PeerSet(["127.0.0.0/8"])!
            $0.usesProxyProtocol = true
        }) { _, connect in
            var clients: [RawClient] = []
            for (source, isServed) in [("203.0.113.5", true), ("203.0.113.6", true), ("203.0.113.5", false)] {
                let client = try await connect()
                client.send("PROXY TCP4 \(source) 10.0.0.1 1 2\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect((await client.answer()?.status == 200) == isServed)
                clients.append(client)
            }
        }
    }
}
