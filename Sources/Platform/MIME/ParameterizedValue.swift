/// A value with parameters, as `Content-Type` and `Content-Disposition` have (RFC 2045, RFC 2231).
struct ParameterizedValue {
    /// In lower case, without parameters.
    private(set) var value = ""
    /// By name in lower case, decoded.
    private(set) var parameters: [String: String] = [:]

    private static let maximumParameters = 60

    /// - Parameter charset: What bytes outside ASCII are read as that are no UTF-8.
    init(_ bytes: ArraySlice<UInt8>, charset: String? = nil) {
        let valueEnd = bytes.firstIndex(of: UInt8(ascii: ";")) ?? bytes.endIndex
        value = MailBytes.lowercased(MailBytes.trimmed(bytes[..<valueEnd]).prefix(200))
            .filter { !$0.isWhitespace && $0 != "\"" }
        // A comment, as in `text/plain (old)`.
        if let comment = value.firstIndex(of: "(") { value = String(value[..<comment]) }
        var raw: [(name: String, value: [UInt8])] = []
        var index = valueEnd
        while index < bytes.endIndex, raw.count < Self.maximumParameters {
            index += 1
            let nameStart = index
            while index < bytes.endIndex, bytes[index] != UInt8(ascii: "="), bytes[index] != UInt8(ascii: ";") {
                index += 1
            }
            guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "=") else { continue }
            let name = MailBytes.lowercased(MailBytes.trimmed(bytes[nameStart..<index]))
            index += 1
            raw.append((name: name, value: Self.value(bytes, &index)))
        }
        join(raw, charset)
    }

    private static func value(_ bytes: ArraySlice<UInt8>, _ index: inout Int) -> [UInt8] {
        while index < bytes.endIndex, MailBytes.isSpace(bytes[index]) || MailBytes.isBreak(bytes[index]) { index += 1 }
        guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "\"") else {
            let start = index
            while index < bytes.endIndex, bytes[index] != UInt8(ascii: ";") { index += 1 }
            return Array(MailBytes.trimmed(bytes[start..<index]))
        }
        index += 1
        var result: [UInt8] = []
        while index < bytes.endIndex, bytes[index] != UInt8(ascii: "\"") {
            // Paths of Windows come with backslashes that quote nothing.
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.endIndex,
                bytes[index + 1] == UInt8(ascii: "\"") || bytes[index + 1] == UInt8(ascii: "\\")
            {
                index += 1
            }
            result.append(bytes[index])
            index += 1
        }
        while index < bytes.endIndex, bytes[index] != UInt8(ascii: ";") { index += 1 }
        return result
    }

    /// Puts `name*0*=…; name*1=…` together, and decodes.
    private mutating func join(_ raw: [(name: String, value: [UInt8])], _ charset: String?) {
        var pieces: [String: [(number: Int, isEncoded: Bool, bytes: [UInt8])]] = [:]
        for (name, value) in raw {
            let parts = name.split(separator: "*", omittingEmptySubsequences: false)
            guard let base = parts.first, !base.isEmpty else { continue }
            if parts.count == 1 {
                if parameters[name] == nil {
                    parameters[name] = MailBytes.oneLine(EncodedWords.decode(value[...], charset: charset))
                }
                continue
            }
            let number = Int(parts[1]) ?? 0
            let isEncoded = parts.count == 3 || parts[1].isEmpty
            pieces[String(base), default: []].append((number, isEncoded, value))
        }
        for (name, list) in pieces {
            var bytes: [UInt8] = []
            var label = charset
            for (place, piece) in list.sorted(by: { $0.number < $1.number }).enumerated() {
                guard piece.isEncoded else {
                    bytes += piece.bytes
                    continue
                }
                var value = piece.bytes[...]
                if place == 0, let first = value.firstIndex(of: UInt8(ascii: "'")),
                    let second = value[(first + 1)...].firstIndex(of: UInt8(ascii: "'"))
                {
                    if first > value.startIndex { label = MailBytes.lowercased(value[..<first]) }
                    value = value[(second + 1)...]
                }
                bytes += Self.percentDecoded(value)
            }
            // The form with a charset is the better one where both are given (RFC 6266, section 4.3).
            let isText = list.contains(where: \.isEncoded)
            parameters[name] = MailBytes.oneLine(
                isText
                    ? label.map { Charset.decode(bytes[...], label: $0) } ?? EncodedWords.raw(bytes[...], charset: nil)
                    : EncodedWords.decode(bytes[...], charset: charset))
        }
    }

    private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.endIndex,
                let high = TransferDecoder.hexDigit(bytes[index + 1]),
                let low = TransferDecoder.hexDigit(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}
