internal import Crypto
internal import HTTPTypes

/// The client's half of the opening handshake (RFC 6455, section 4.1): what it sends, and what it makes of the answer.
struct ClientHandshake {
    private static let maximumHeadBytes = 16 * 1024

    let request: String
    private let key: String
    private let subprotocols: [String]

    init(url: WebSocketURL, headers: HTTPHeaders, subprotocols: [String]) throws(WebSocketError) {
        key = Base64.encode(SecureRandom.bytes(16))
        self.subprotocols = subprotocols
        var text =
            "GET \(url.target) HTTP/1.1\r\nHost: \(url.authority)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(key)\r\n"
        var fields = headers.fields.map { ($0.name, $0.value) }
        if !subprotocols.isEmpty { fields.append(("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", "))) }
        for (name, value) in fields {
            guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }),
                value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 })
            else { throw WebSocketError(.invalidRequest, "a header field holds a character that it must not hold") }
            text += "\(name): \(value)\r\n"
        }
        request = text + "\r\n"
    }

    /// Reads the answer's head.
    ///
    /// - Returns: How many bytes it takes and the chosen subprotocol; nil when it is not whole yet.
    func read(_ bytes: UnsafeRawBufferPointer) throws(WebSocketError) -> (count: Int, subprotocol: String?)? {
        let end = Array("\r\n\r\n".utf8)
        let limit = min(bytes.count, Self.maximumHeadBytes)
        var length: Int?
        var index = 0
        while index + 4 <= limit {
            if bytes[index..<(index + 4)].elementsEqual(end) {
                length = index
                break
            }
            index += 1
        }
        guard let length else {
            if bytes.count >= Self.maximumHeadBytes { throw refusal(nil, "its answer's head is too long") }
            return nil
        }
        let head = String(decoding: bytes[..<length], as: UTF8.self)
        return (length + 4, try check(head))
    }

    private func check(_ head: String) throws(WebSocketError) -> String? {
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        let status = lines.first.map { $0.split(separator: " ", maxSplits: 2) } ?? []
        guard status.count >= 2, status[0] == "HTTP/1.1", let code = Int(status[1]) else {
            throw refusal(nil, "it does not speak HTTP/1.1")
        }
        guard code == 101 else { throw refusal(code, "it answered \(code)") }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw refusal(code, "its answer is malformed") }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.add(String(line[..<colon]), String(value))
        }
        guard WebSocketHandshake.contains("Upgrade", headers, "websocket"),
            WebSocketHandshake.contains("Connection", headers, "upgrade"),
            headers.all("Sec-WebSocket-Accept") == [WebSocketHandshake.accept(for: key)],
            headers["Sec-WebSocket-Extensions"] == nil
        else { throw refusal(code, "its answer is no WebSocket handshake") }
        let chosen = headers["Sec-WebSocket-Protocol"]
        guard chosen.map(subprotocols.contains) ?? true else {
            throw refusal(code, "it chose a subprotocol that was not offered")
        }
        return chosen
    }

    private func refusal(_ status: Int?, _ what: String) -> WebSocketError {
        WebSocketError(.refused(status: status), "the server did not open a WebSocket connection: \(what)")
    }
}
