import EventLoop
import Synchronization
import Testing

struct PeerTests {
    @Test func `a set of peers holds addresses, blocks and Unix sockets`() throws {
        let peers = try #require(PeerSet(["10.0.0.0/8", "192.0.2.7", "fd00::/8", "unix"]))
        for peer in ["10.1.2.3", "192.0.2.7", "fd12::1", "unix", "::ffff:10.1.2.3"] { #expect(peers.contains(peer)) }
        for peer in ["11.1.2.3", "192.0.2.8", "fe80::1", "unknown", "", "::ffff:11.1.2.3"] {
            #expect(!peers.contains(peer))
        }
        #expect(!PeerSet().contains("unix"))
    }

    @Test(arguments: ["", "10.0.0.0/33", "10.0.0.0/-1", "localhost", "unix:/path", "10.0.0.0/8,", "10.0.0/8", "::/129"])
    func `what is no peer is refused`(text: String) {
        #expect(PeerSet(["127.0.0.1", text]) == nil)
    }

    @Test func `one address does not take all places, and places come back`() throws {
        let count = Mutex(0)
        let limit = ConnectionLimit(
            maximum: 5, perAddress: 2, exempt: try #require(PeerSet(["10.0.0.1"])),
            onChange: { change in count.withLock { $0 += change } })
        var places = [try limit.take("192.0.2.1"), try limit.take("192.0.2.1")]
        #expect(throws: ConnectionLimit.Refusal.address) { try limit.take("192.0.2.1") }
        places.append(try limit.take("192.0.2.2"))
        places += [try limit.take("10.0.0.1"), try limit.take("10.0.0.1")]
        #expect(throws: ConnectionLimit.Refusal.full) { try limit.take("10.0.0.1") }
        #expect(count.withLock { $0 } == 5)
        places.removeFirst()
        places.append(try limit.take("192.0.2.1"))
        places = []
        #expect(count.withLock { $0 } == 0)
    }

    @Test func `a host's many IPv6 addresses are one, and a mapped IPv4 address is that address`() throws {
        let limit = ConnectionLimit(maximum: 100, perAddress: 2)
        let places = [
            try limit.take("2001:db8:1:2::1"), try limit.take("2001:db8:1:2:ffff::2"), try limit.take("192.0.2.1"),
            try limit.take("::ffff:192.0.2.1"), try limit.take("2001:db8:1:3::1"),
        ]
        #expect(throws: ConnectionLimit.Refusal.address) { try limit.take("2001:db8:1:2::3") }
        #expect(throws: ConnectionLimit.Refusal.address) { try limit.take("192.0.2.1") }
        withExtendedLifetime(places) {}
    }
}
