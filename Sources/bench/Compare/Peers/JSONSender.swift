import LoadGenerator

/// Sends a message as `POST` of `{"text","nonce"}`, which is how Martlet and the peers with an API of JSON take it.
final class JSONSender: MessageSender {
    private let connection: HTTPConnection
    private let token: String
    private let number: Int
    private let path: (Int) -> String
    private var heads: [Int: [UInt8]] = [:]
    private var count: UInt64 = 0

    /// - Parameters:
    ///   - number: Tells its nonces from those of other senders.
    ///   - path: Where the messages of a channel are posted.
    init(_ connection: HTTPConnection, token: String, number: Int, path: @escaping (Int) -> String) {
        self.connection = connection
        self.token = token
        self.number = number
        self.path = path
    }

    func send(_ stamp: UInt64, to channel: Int, done: @escaping (Bool) -> Void) {
        count += 1
        var request = head(channel)
        Marker.appendText(stamp, to: &request)
        request += Self.middle
        Marker.appendHexadecimal(UInt64(number) << 40 | count, to: &request)
        request += Self.end
        connection.send(request) { done($0?.status == 201 || $0?.status == 200) }
    }

    func close() { connection.close() }

    private static let start = Array(#"{"text":""#.utf8)
    private static let middle = Array(#"","nonce":""#.utf8)
    private static let end = Array("\"}".utf8)

    /// What is the same for all messages of a channel: every text and every nonce has the same length.
    private func head(_ channel: Int) -> [UInt8] {
        if let known = heads[channel] { return known }
        let length = Self.start.count + Marker.textLength + Self.middle.count + 16 + Self.end.count
        var head = HTTPConnection.request(
            "POST", path(channel), token: token, body: [UInt8](repeating: 32, count: length))
        head.removeLast(length)
        head += Self.start
        heads[channel] = head
        return head
    }
}
