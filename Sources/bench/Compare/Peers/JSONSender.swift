import LoadGenerator

/// Sends a message as `POST` of `{"text","nonce"}`, which is how Martlet and the peers with an API of JSON take it.
final class JSONSender: MessageSender {
    private let connection: HTTPConnection
    private let token: String
    private let path: (Int) -> String
    private var heads: [Int: [UInt8]] = [:]

    /// - Parameter path: Where the messages of a channel are posted.
    init(_ connection: HTTPConnection, token: String, path: @escaping (Int) -> String) {
        self.connection = connection
        self.token = token
        self.path = path
    }

    func send(_ stamp: UInt64, to channel: Int, done: @escaping (Bool) -> Void) {
        var request = head(channel)
        Marker.appendText(stamp, to: &request)
        request += Self.middle
        Marker.appendHexadecimal(Nonce.next(), to: &request)
        request += Self.end
        // 200 is a repeat, which stores nothing.
        connection.send(request) { done($0?.status == 201) }
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
