internal import Crypto
internal import HTTPTypes

/// What both sides of the opening handshake compute (RFC 6455, section 4).
enum WebSocketHandshake {
    static func accept(for key: String) -> String {
        Base64.encode(Digest.sha1(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    static func isKey(_ text: String) -> Bool { Base64.decode(text)?.count == 16 }

    /// The comma-separated elements of every field called `name`.
    static func elements(_ name: String, _ headers: HTTPHeaders) -> [String] {
        headers.all(name).flatMap { value in
            value.split(separator: ",").map { element in
                let trimmed = element.drop { $0 == " " || $0 == "\t" }
                return String(trimmed.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
            }
        }
    }

    static func contains(_ name: String, _ headers: HTTPHeaders, _ element: String) -> Bool {
        elements(name, headers).contains { $0.isEqualIgnoringCase(to: element) }
    }
}
