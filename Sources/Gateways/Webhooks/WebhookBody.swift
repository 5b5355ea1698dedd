import Compression
import HTTPTypes

/// Finds the JSON in the body of a delivery, however its sender wrapped it.
///
/// Senders are careless about `Content-Type`: what the body looks like decides, except for multipart, whose boundary
/// stands in the header only.
enum WebhookBody {
    /// What a compressed body may become; as long as one that is not.
    private static let maximumBytes = 1 << 20

    static func json(_ request: HTTPRequest) throws(WebhookRefusal) -> [UInt8] {
        let body = try unpacked(request)
        let type = request.headers["Content-Type"] ?? ""
        if type.prefix(19).lowercased() == "multipart/form-data" {
            guard let boundary = MultipartForm.boundary(type),
                let payload = MultipartForm.field(["payload", "payload_json"], in: body, boundary: boundary)
            else { throw .invalidPayload("The form has no readable field `payload`.") }
            return Array(payload)
        }
        let first = body.first { !isSpace($0) }
        guard let first else { throw .invalidPayload("The body is empty.") }
        if first == UInt8(ascii: "{") || type.lowercased().contains("json") { return body }
        return try form(body)
    }

    private static func unpacked(_ request: HTTPRequest) throws(WebhookRefusal) -> [UInt8] {
        let encoding = request.headers["Content-Encoding"]?.lowercased() ?? "identity"
        switch encoding {
        case "identity", "": return request.body
        case "gzip", "x-gzip", "deflate": break
        default:
            throw WebhookRefusal(
                415, "unsupported_encoding",
                "The body may be plain, or in `gzip` or `deflate`, and not in another encoding.")
        }
        do throws(Decompressor.Failure) {
            return try Decompressor.decompress(request.body, limit: maximumBytes)
        } catch {
            switch error {
            case .malformed: throw .invalidPayload("The body is not what `Content-Encoding` says.")
            case .tooLong:
                throw WebhookRefusal(413, "payload_too_large", "The body would be longer than \(maximumBytes) bytes.")
            }
        }
    }

    /// The field `payload` of an `application/x-www-form-urlencoded` body.
    private static func form(_ body: [UInt8]) throws(WebhookRefusal) -> [UInt8] {
        let name = Array("payload=".utf8)
        for field in body.split(separator: UInt8(ascii: "&")) where field.starts(with: name) {
            return decode(field.dropFirst(name.count))
        }
        throw .invalidPayload("The body is neither a JSON object nor a form with a field `payload`.")
    }

    /// As the URL standard has it (section 5.1): a `%` that begins no escape is one.
    private static func decode(_ encoded: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(encoded.count)
        var index = encoded.startIndex
        while index < encoded.endIndex {
            let byte = encoded[index]
            if byte == UInt8(ascii: "%"), index + 2 < encoded.endIndex, let high = digit(encoded[index + 1]),
                let low = digit(encoded[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
}
