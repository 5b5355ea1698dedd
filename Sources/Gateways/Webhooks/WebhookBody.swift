import HTTPTypes

/// Finds the JSON in the body of a delivery, however its sender wrapped it.
///
/// Senders are careless about `Content-Type`: what the body looks like decides, except for multipart, whose boundary
/// stands in the header only.
enum WebhookBody {
    static func json(_ request: HTTPRequest) throws(WebhookRefusal) -> [UInt8] {
        let type = request.headers["Content-Type"] ?? ""
        if type.prefix(19).lowercased() == "multipart/form-data" {
            guard let boundary = MultipartForm.boundary(type),
                let payload = MultipartForm.field(["payload", "payload_json"], in: request.body, boundary: boundary)
            else { throw .invalidPayload("The form has no readable field `payload`.") }
            return Array(payload)
        }
        let first = request.body.first { !isSpace($0) }
        guard let first else { throw .invalidPayload("The body is empty.") }
        if first == UInt8(ascii: "{") || type.lowercased().contains("json") { return request.body }
        return try form(request.body)
    }

    /// The field `payload` of an `application/x-www-form-urlencoded` body.
    private static func form(_ body: [UInt8]) throws(WebhookRefusal) -> [UInt8] {
        let name = Array("payload=".utf8)
        for field in body.split(separator: UInt8(ascii: "&")) where field.starts(with: name) {
            guard let payload = decode(field.dropFirst(name.count)) else {
                throw .invalidPayload("The field `payload` is not percent-encoded.")
            }
            return payload
        }
        throw .invalidPayload("The body is neither a JSON object nor a form with a field `payload`.")
    }

    private static func decode(_ encoded: ArraySlice<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(encoded.count)
        var rest = encoded.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else { return nil }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+"): decoded.append(UInt8(ascii: " "))
            case UInt8(ascii: "\r"), UInt8(ascii: "\n"): break
            default: decoded.append(byte)
            }
        }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
}
