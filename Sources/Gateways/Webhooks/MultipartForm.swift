/// Finds one field of a `multipart/form-data` body (RFC 7578).
enum MultipartForm {
    /// More parts than this are not looked at.
    private static let maximumParts = 32
    private static let maximumHeadBytes = 4096

    /// The parameter of the content type; nil when there is none, or when it is no boundary (RFC 2046, section 5.1.1).
    static func boundary(_ type: String) -> [UInt8]? {
        guard let mark = type.lowercased().firstRange(of: "boundary=") else { return nil }
        // The name is ASCII, so it takes the same place in both cases of the text.
        var value = type.utf8.dropFirst(
            type.lowercased().utf8.distance(from: type.utf8.startIndex, to: mark.upperBound))
        if value.first == UInt8(ascii: "\"") {
            value = value.dropFirst().prefix { $0 != UInt8(ascii: "\"") }
        } else {
            value = value.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 }
        }
        return (1...70).contains(value.count) ? Array(value) : nil
    }

    /// The content of the first part that has one of `names`.
    static func field(_ names: [String], in body: [UInt8], boundary: [UInt8]) -> ArraySlice<UInt8>? {
        let delimiter = Array("--".utf8) + boundary
        guard var start = find(delimiter, in: body[...])?.upperBound else { return nil }
        for _ in 0..<maximumParts {
            guard let end = find(Array("\r\n".utf8) + delimiter, in: body[start...]) else { return nil }
            let part = body[start..<end.lowerBound]
            start = end.upperBound
            guard let head = find(Array("\r\n\r\n".utf8), in: part.prefix(maximumHeadBytes)),
                let name = name(part[..<head.lowerBound]), names.contains(name)
            else { continue }
            return part[head.upperBound...]
        }
        return nil
    }

    /// What `Content-Disposition` says.
    private static func name(_ head: ArraySlice<UInt8>) -> String? {
        for line in String(decoding: head, as: UTF8.self).split(separator: "\r\n") {
            guard line.prefix(20).lowercased() == "content-disposition:", let mark = line.firstRange(of: "name=") else {
                continue
            }
            let value = line[mark.upperBound...]
            guard value.hasPrefix("\"") else { return String(value.prefix { $0 != ";" }) }
            return String(value.dropFirst().prefix { $0 != "\"" })
        }
        return nil
    }

    private static func find(_ pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Range<Int>? {
        guard let first = pattern.first else { return nil }
        var index = bytes.startIndex
        while let candidate = bytes[index...].firstIndex(of: first) {
            if bytes[candidate...].starts(with: pattern) { return candidate..<(candidate + pattern.count) }
            index = candidate + 1
        }
        return nil
    }
}
