internal import HTTPTypes

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Writes the heads of answers, on one loop.
final class ResponseHead {
    /// How the end of the body is told.
    enum Length {
        /// There is none (RFC 9110, section 6.4.1): 1xx, 204, 304.
        case none
        case bytes(Int)
        case chunked
        /// The end of the connection, for HTTP/1.0.
        case close
        /// By the field that the handler has set.
        case stated
    }

    private var date: [UInt8] = []
    private var dateSecond = 0

    /// - Parameters:
    ///   - room: How many bytes will be appended behind the head.
    ///   - connection: The value of `Connection`, beside what the handler says there; nil for none.
    func write(
        _ status: Int, _ headers: HTTPHeaders, length: Length, connection: StaticString?, room: Int = 0
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(96 + 48 * (headers.fields.count + 2) + room)
        if status == 200 {
            Self.append("HTTP/1.1 200 OK\r\n", to: &bytes)
        } else {
            bytes.append(contentsOf: "HTTP/1.1 \(status) \(HTTPStatus.reason(status))\r\n".utf8)
        }
        var hasDate = false
        for field in headers.fields where Self.isSafe(field) {
            switch field.name.utf8.count {
            case 4: if field.name.isEqualIgnoringCase(to: "Date") { hasDate = true }
            case 14 where field.name.isEqualIgnoringCase(to: "Content-Length"):
                guard case .stated = length else { continue }
            case 17 where field.name.isEqualIgnoringCase(to: "Transfer-Encoding"): continue
            default: break
            }
            bytes.append(contentsOf: field.name.utf8)
            bytes.append(0x3A)
            bytes.append(0x20)
            bytes.append(contentsOf: field.value.utf8)
            Self.append("\r\n", to: &bytes)
        }
        if status >= 200, !hasDate { appendDate(to: &bytes) }
        switch length {
        case .bytes(let count):
            Self.append("Content-Length: ", to: &bytes)
            Self.append(decimal: count, to: &bytes)
            Self.append("\r\n", to: &bytes)
        case .chunked: Self.append("Transfer-Encoding: chunked\r\n", to: &bytes)
        case .none, .close, .stated: break
        }
        if let connection {
            Self.append("Connection: ", to: &bytes)
            Self.append(connection, to: &bytes)
            Self.append("\r\n", to: &bytes)
        }
        Self.append("\r\n", to: &bytes)
        return bytes
    }

    /// Whether a field can go out as it is: line ends in it would begin a field, or an answer, of somebody's choice.
    private static func isSafe(_ field: HTTPHeaders.Field) -> Bool {
        FieldSyntax.isToken(field.name.utf8) && FieldSyntax.isValue(field.value.utf8)
    }

    static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private static func append(decimal number: Int, to bytes: inout [UInt8]) {
        if number >= 10 { append(decimal: number / 10, to: &bytes) }
        bytes.append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
    }

    /// RFC 9110, section 6.6.1; made once a second.
    private func appendDate(to bytes: inout [UInt8]) {
        var now = time(nil)
        if now != dateSecond || date.isEmpty {
            dateSecond = now
            var parts = tm()
            gmtime_r(&now, &parts)
            date = Array(unsafeUninitializedCapacity: 64) { buffer, count in
                count = buffer.withMemoryRebound(to: CChar.self) {
                    strftime($0.baseAddress!, 64, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts)
                }
            }
        }
        bytes.append(contentsOf: date)
    }
}
