import HTTPTypes

@testable import Postgres
@testable import Redis
@testable import WebSocket

extension FuzzTarget {
    /// What comes over connections, before anybody knows who is there.
    static let wireTargets: [FuzzTarget] = [
        FuzzTarget("websocket-server", maximumBytes: 8192) { bytes in decode(bytes, isServer: true) },
        FuzzTarget("websocket-client", maximumBytes: 8192) { bytes in decode(bytes, isServer: false) },
        FuzzTarget("websocket-answer") { bytes in
            guard let url = try? WebSocketURL("ws://example.org/x"),
                let handshake = try? ClientHandshake(url: url, headers: [:], subprotocols: ["a"])
            else { return }
            let end = bytes.withUnsafeBytes { try? handshake.read($0) }
            if let end { precondition(end.count <= bytes.count) }
            _ = try? WebSocketURL(String(decoding: bytes, as: UTF8.self))
        },
        FuzzTarget("redis") { bytes in
            let parser = RedisParser(maximumSize: 1024)
            // In two pieces, whose border is in the input, too.
            let border = bytes.isEmpty ? 0 : Int(bytes[0]) % bytes.count
            for piece in [bytes[..<border], bytes[border...]] {
                do throws(RedisError) {
                    try feed(Array(piece), to: parser)
                    while let value = try parser.next() {
                        _ = try? RedisStreamEntry.list(value)
                        _ = try? RedisStreamEntry.byStream(value)
                        _ = try? RedisClaim(value)
                    }
                } catch {
                    checkWords("\(error)")
                    return
                }
            }
        },
        // Four bytes of type, then the value.
        FuzzTarget("postgres", maximumBytes: 2048) { bytes in
            guard bytes.count >= 4 else { return }
            let type = bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            Array(bytes.dropFirst(4)).withUnsafeBytes { value in
                let cell = PostgresCell(type: PostgresType(rawValue: type), bytes: value)
                _ = try? Bool.decode(cell)
                _ = try? Int64.decode(cell)
                _ = try? Int.decode(cell)
                _ = try? Int32.decode(cell)
                _ = try? Double.decode(cell)
                _ = try? String.decode(cell)
                _ = try? PostgresJSON.decode(cell)
                _ = try? PostgresTimestamp.decode(cell)
                _ = try? [UInt8].decode(cell)
                _ = try? [Int64].decode(cell)
                _ = try? [String].decode(cell)
                _ = try? [String?].decode(cell)
            }
        },
    ]

    private static func feed(_ bytes: [UInt8], to parser: RedisParser) throws(RedisError) {
        var failure: RedisError?
        bytes.withUnsafeBytes { bytes in
            do throws(RedisError) { try parser.feed(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private static func decode(_ bytes: [UInt8], isServer: Bool) {
        let decoder = MessageDecoder(isServer: isServer)
        var offset = 0
        var total = 0
        // In pieces of growing size, as a network would bring it.
        var size = 1
        while offset < bytes.count {
            let piece = Array(bytes[offset..<min(offset + size, bytes.count)])
            let (taken, _, ending) = piece.withUnsafeBytes {
                decoder.decode($0, maximumMessageBytes: 4096, isPaused: { false }) { message in
                    switch message {
                    case .text(let text): total += text.utf8.count
                    case .binary(let bytes): total += bytes.count
                    }
                }
            }
            precondition(taken <= piece.count)
            precondition(total <= bytes.count, "more was delivered than came")
            if ending != nil { return }
            precondition(taken == piece.count, "bytes are left and nothing says why")
            offset += taken
            size = size * 2
        }
    }
}
