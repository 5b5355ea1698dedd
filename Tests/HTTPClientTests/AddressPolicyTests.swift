import EventLoop
import HTTPClient
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AddressPolicyTests {
    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
        "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
        "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250",
        "240.0.0.1", "255.255.255.255",
        "::", "::1", "::7f00:1", "::127.0.0.1", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1",
        "2001:db8::1", "2001::1", "3fff::1", "100::1", "64:ff9b:1::1", "4000::1",
        "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1", "64:ff9b::127.0.0.1", "64:ff9b::10.1.2.3",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    ])
    func `an address that is not public is refused`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!AddressPolicy.publicOnly.permits(address))
        #expect(AddressPolicy.any.permits(address))
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.0.1", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.0.1", "192.169.0.1",
        "198.17.255.255", "198.20.0.0", "223.255.255.255",
        "2606:4700:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "2002:808:808::1", "64:ff9b::8.8.8.8",
        "::ffff:8.8.8.8",
    ])
    func `a public address is allowed`(text: String) throws {
        #expect(AddressPolicy.publicOnly.permits(try #require(IPAddress(text))))
    }

    @Test func `a listed block is allowed, in every form of its addresses`() throws {
        let policy = AddressPolicy.allowing(try ["10.1.0.0/16", "fd00::/8", "::1"].map { try #require(CIDR($0)) })
        for text in ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "fd00::1", "::1", "8.8.8.8"] {
            #expect(policy.permits(try #require(IPAddress(text))), "\(text)")
        }
        for text in ["10.2.0.1", "::ffff:10.2.0.1", "fc00::1", "::2", "127.0.0.1"] {
            #expect(!policy.permits(try #require(IPAddress(text))), "\(text)")
        }
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/", "::/129", "::1::", "a.b.c.d", "10.0.0.0/8/8",
        "01.2.3.4",
    ])
    func `what is no block is refused`(text: String) { #expect(CIDR(text) == nil) }

    @Test func `an empty prefix holds every address of its family`() throws {
        #expect(try #require(CIDR("0.0.0.0/0")).contains(try #require(IPAddress("255.1.2.3"))))
        #expect(try #require(CIDR("::/0")).contains(try #require(IPAddress("ffff::1"))))
        #expect(!(try #require(CIDR("::/0")).contains(try #require(IPAddress("1.2.3.4")))))
    }

    @Test(arguments: [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0",
        "0.0.0.0",
        "localhost", "LOCALHOST", "user@127.0.0.1", "8.8.8.8@127.0.0.1", "%31%32%37.0.0.1", "[::]",
        "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]",
    ])
    func `no spelling of loopback reaches a server`(host: String) async throws {
        let group = EventLoopGroup(count: 1)
        let server = try ScriptedServer(group) { _ in ok("secret") }
        let client = HTTPClient(loop: group.next(), logger: .silent)
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.send(HTTPClientRequest(url: "http://\(host):\(server.port)/"))
        }
        #expect(error?.code == .blockedAddress)
        #expect(error?.isRetriable == false)
        #expect(server.connectionCount == 0)
    }
}
