import EventLoop
import Foundation
import Glibc
import LoadGenerator
import WebSocket

/// The limit of a fan-out: one thread that writes the same bytes to every connection, one `write` after the other.
///
/// It takes any WebSocket, answers any `POST` at once, and reads nothing else. What it writes has the length of an event
/// of Martlet. Run as a process of its own by ``BareWritePeer``.
final class BareWriteServer: @unchecked Sendable {
    private let loop = EventLoop(name: "bare-write")
    private var watchers: [Int32: SocketWatcher] = [:]
    private var receivers: [Int32] = []
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    /// Serves until the process ends.
    func run(port: UInt16) async throws {
        FileLimit.raise(to: 65_536)
        let listener = try ListeningSocket(.tcp(host: "127.0.0.1", port: port)).descriptor
        loop.execute {
            let watcher = SocketWatcher(loop: self.loop, descriptor: listener) { _ in self.accept(listener) }
            self.watchers[listener] = watcher
            watcher.watch(.read)
            FileHandle.standardOutput.write(Data("READY\n".utf8))
        }
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    private func accept(_ listener: Int32) {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            let watcher = SocketWatcher(loop: loop, descriptor: descriptor) { _ in self.readable(descriptor) }
            watchers[descriptor] = watcher
            watcher.watch(.read)
        }
    }

    private func readable(_ descriptor: Int32) {
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else {
            if count < 0, errno == EAGAIN { return }
            watchers.removeValue(forKey: descriptor)?.stop()
            receivers.removeAll { $0 == descriptor }
            close(descriptor)
            return
        }
        if buffer.starts(with: Array("POST".utf8)) {
            for request in Self.requests(buffer[..<count]) {
                send(request)
                put("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", to: descriptor)
            }
        } else if buffer.starts(with: Array("GET".utf8)) {
            put("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", to: descriptor)
            receivers.append(descriptor)
        }
    }

    /// A client may send several before the first is answered; they come whole, small as they are.
    private static func requests(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        let verb = Array("POST /".utf8)
        var found: [ArraySlice<UInt8>] = []
        var rest = bytes
        while !rest.isEmpty {
            let end = rest.dropFirst().firstRange(of: verb)?.lowerBound ?? rest.endIndex
            found.append(rest[..<end])
            rest = rest[end...]
        }
        return found
    }

    private func send(_ request: ArraySlice<UInt8>) {
        guard let body = request.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
        // As long as Martlet's event around the same text.
        let filling = [UInt8](repeating: UInt8(ascii: "."), count: max(0, 430 - (request.endIndex - body.upperBound)))
        let frame = WebSocketFrame.text(Array(request[body.upperBound...]) + filling).bytes
        for descriptor in receivers {
            while write(descriptor, frame, frame.count) < 0, errno == EAGAIN {
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wait, 1, 1000)
            }
        }
    }

    private func put(_ text: String, to descriptor: Int32) { _ = write(descriptor, text, text.utf8.count) }
}
