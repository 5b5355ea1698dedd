import LoadGenerator

/// One user's connection for reading history; used on its loop alone.
protocol PageReader: AnyObject {
    /// Asks for the 50 messages before number `before` of a channel.
    ///
    /// - Parameter done: Called once with how many came; -1 when it failed.
    func page(of channel: Int, before: Int, done: @escaping (Int) -> Void)
    func close()
}

final class HTTPPageReader: PageReader {
    private let connection: HTTPConnection
    private let token: String
    private let path: (Int, Int) -> String

    /// - Parameter path: Of a page, by the channel's number and the message's.
    init(_ connection: HTTPConnection, token: String, path: @escaping (Int, Int) -> String) {
        self.connection = connection
        self.token = token
        self.path = path
    }

    func page(of channel: Int, before: Int, done: @escaping (Int) -> Void) {
        connection.send(HTTPConnection.request("GET", path(channel, before), token: token)) { answer in
            guard let answer, answer.status == 200 else { return done(-1) }
            done(Self.count(answer.body))
        }
    }

    func close() { connection.close() }

    /// How many messages a page has: each has one `"seq":`.
    static func count(_ body: UnsafeRawBufferPointer) -> Int {
        let name = Array(#""seq":"#.utf8)
        var count = 0
        var rest = body[...]
        while let quote = rest.firstIndex(of: name[0]) {
            rest = rest[quote...]
            if rest.starts(with: name) { count += 1 }
            rest = rest.dropFirst()
        }
        return count
    }
}
