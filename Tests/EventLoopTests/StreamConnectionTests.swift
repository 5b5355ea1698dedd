import EventLoop
import Foundation
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StreamConnectionTests {
    let group = EventLoopGroup(count: 2)

    /// A listener that sends back what it gets.
    private func echo(_ address: SocketAddress) throws -> StreamListener {
        try StreamListener(address, on: group) { connection in
            connection.start(
                onRead: { bytes in
                    connection.write(bytes)
                    return bytes.count
                }, onClose: { _ in })
        }
    }

    /// Connects, writes `pieces` and reads until `count` bytes have come back.
    private func exchange(_ address: SocketAddress, _ pieces: [SharedBytes], count: Int) async throws -> [UInt8] {
        let loop = group.next()
        let connection = try await StreamConnection.connect(to: address, on: loop)
        return await withCheckedContinuation { done in
            loop.execute {
                var received: [UInt8] = []
                connection.start(
                    onRead: { bytes in
                        received.append(contentsOf: bytes)
                        if received.count >= count { connection.close() }
                        return bytes.count
                    }, onClose: { _ in done.resume(returning: received) })
                for piece in pieces { connection.write(piece) }
            }
        }
    }

    @Test func `bytes go both ways over TCP and over a Unix socket`() async throws {
        let path = NSTemporaryDirectory() + "martlet-\(UUID().uuidString.prefix(8)).sock"
        for address in [SocketAddress.tcp(host: "127.0.0.1", port: 0), .unix(path: path)] {
            let listener = try echo(address)
            defer { listener.close() }
            let block = SharedBytes(Array(repeating: 7, count: 300_000))
            let received = try await exchange(listener.address, [block, block, block], count: 900_000)
            #expect(received == Array(repeating: 7, count: 900_000))
        }
    }

    @Test func `no end holds small writes back until the one before is acknowledged`() async throws {
        let listener = try echo(.tcp(host: "127.0.0.1", port: 0))
        defer { listener.close() }
        guard case .tcp(_, let port) = listener.address else { return }
        let loop = group.next()
        let connection = try await StreamConnection.connect(to: listener.address, on: loop)
        await withCheckedContinuation { (answered: CheckedContinuation<Void, Never>) in
            loop.execute {
                connection.start(
                    onRead: { bytes in
                        answered.resume()
                        return bytes.count
                    }, onClose: { _ in })
                connection.write("a")
            }
        }
        // The listener's, the accepted and the connected one.
        let sockets = (Int32(3)..<65_536).filter { self.ports(of: $0).contains(port) }
        #expect(sockets.count == 3)
        for socket in sockets {
            var flag: Int32 = 0
            var length = socklen_t(MemoryLayout.size(ofValue: flag))
            getsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &flag, &length)
            #expect(flag != 0)
        }
        loop.execute { connection.close() }
    }

    /// The ports of both ends of an IPv4 socket; none of anything else.
    private func ports(of descriptor: Int32) -> [UInt16] {
        [getsockname, getpeername].compactMap { name in
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout.size(ofValue: address))
            let result = withUnsafeMutableBytes(of: &address) { raw in
                raw.withMemoryRebound(to: sockaddr.self) { name(descriptor, $0.baseAddress!, &length) }
            }
            guard result == 0, address.sin_family == AF_INET else { return nil }
            return UInt16(bigEndian: address.sin_port)
        }
    }

    @Test func `what a reader leaves is offered again with what follows`() async throws {
        let listener = try echo(.tcp(host: "127.0.0.1", port: 0))
        defer { listener.close() }
        let loop = group.next()
        let connection = try await StreamConnection.connect(to: listener.address, on: loop)
        let text: String = await withCheckedContinuation { done in
            loop.execute {
                var text = ""
                connection.start(
                    onRead: { bytes in
                        if bytes.count < 6 {
                            connection.write("def")
                            return 0
                        }
                        text = String(decoding: bytes, as: UTF8.self)
                        connection.close()
                        return bytes.count
                    }, onClose: { _ in done.resume(returning: text) })
                connection.write("abc")
            }
        }
        #expect(text == "abcdef")
    }

    @Test func `a silent connection ends with a timeout`() async throws {
        let (reasons, reason) = AsyncStream.makeStream(of: StreamConnection.CloseReason.self)
        let listener = try StreamListener(.tcp(host: "127.0.0.1", port: 0), on: group) { connection in
            connection.setTimeouts(read: .milliseconds(5), write: nil)
            connection.start(onRead: { $0.count }, onClose: { reason.yield($0) })
        }
        // Closed only at the end: a connection that still waits to be accepted goes with its listener.
        defer { listener.close() }
        let loop = group.next()
        let client = try await StreamConnection.connect(to: listener.address, on: loop)
        var ended = reasons.makeAsyncIterator()
        #expect(await ended.next() == .timeout)
        loop.execute { client.close() }
    }

    @Test func `a refused connection names the address`() async throws {
        let listener = try echo(.tcp(host: "127.0.0.1", port: 0))
        let address = listener.address
        listener.close()
        let error = await #expect(throws: SocketError.self) {
            // The listener closes on its own loop; until then a connection may still succeed.
            while true { _ = try await StreamConnection.connect(to: address, on: group.next()) }
        }
        #expect(error?.description.contains(address.description) == true)
    }

    @Test(arguments: [
        ("127.0.0.1:80", "127.0.0.1:80"), ("[::1]:80", "[::1]:80"), (":80", "0.0.0.0:80"), ("unix:/a/b", "unix:/a/b"),
    ])
    func `an address is read as it is written`(text: String, expected: String) {
        #expect(SocketAddress(text)?.description == expected)
    }

    @Test(arguments: ["", "80", "a:b", "a:70000", "::1:80", "unix:", "unix:" + String(repeating: "x", count: 200)])
    func `what is no address is refused`(text: String) {
        #expect(SocketAddress(text) == nil)
    }
}
