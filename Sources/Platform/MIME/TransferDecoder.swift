/// Undoes what was done to bytes for their way (RFC 2045, section 6), however wrongly it was done.
enum TransferDecoder {
    /// - Parameter limit: Decoded bytes past this number are dropped.
    static func decode(_ bytes: ArraySlice<UInt8>, encoding: String, limit: Int = .max) -> [UInt8] {
        switch encoding {
        case "base64": base64(bytes, limit: limit)
        case "quoted-printable": quotedPrintable(bytes, limit: limit)
        case "x-uuencode", "uuencode", "x-uue", "uue": uuencoded(bytes, limit: limit)
        default: Array(bytes.prefix(limit))
        }
    }

    /// How many bytes ``decode(_:encoding:limit:)`` would give, near enough for a size that is shown.
    static func decodedCount(_ bytes: ArraySlice<UInt8>, encoding: String) -> Int {
        switch encoding {
        case "base64":
            bytes.withUnsafeBufferPointer { buffer in
                var letters = 0
                for byte in buffer where digits[Int(byte)] < 64 { letters += 1 }
                return letters * 3 / 4
            }
        case "quoted-printable": quotedPrintable(bytes, limit: .max).count
        default: bytes.count
        }
    }

    private static let digits: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, letter) in letters.utf8.enumerated() { table[Int(letter)] = UInt8(value) }
        return table
    }()

    /// What is no letter of the alphabet is passed over, and padding ends a group wherever it stands.
    static func base64(_ bytes: ArraySlice<UInt8>, limit: Int = .max) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(min(limit, bytes.count / 4 * 3 + 3))
        var bits: UInt32 = 0
        var count = 0
        let table = digits
        func flush() {
            if count >= 2 { result.append(UInt8(truncatingIfNeeded: bits >> 16)) }
            if count == 3 { result.append(UInt8(truncatingIfNeeded: bits >> 8)) }
            (bits, count) = (0, 0)
        }
        bytes.withUnsafeBufferPointer { buffer in
            for byte in buffer {
                guard result.count < limit else { return }
                let digit = table[Int(byte)]
                if digit < 64 {
                    bits |= UInt32(digit) << UInt32(18 - 6 * count)
                    count += 1
                    if count == 4 {
                        result.append(UInt8(truncatingIfNeeded: bits >> 16))
                        result.append(UInt8(truncatingIfNeeded: bits >> 8))
                        result.append(UInt8(truncatingIfNeeded: bits))
                        (bits, count) = (0, 0)
                    }
                } else if byte == UInt8(ascii: "=") {
                    flush()
                }
            }
        }
        flush()
        if result.count > limit { result.removeLast(result.count - limit) }
        return result
    }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    private static func quotedPrintable(_ bytes: ArraySlice<UInt8>, limit: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(min(limit, bytes.count))
        var index = bytes.startIndex
        // Where the spaces begin that were written as such; at the end of a line they were added on the way (rule 3).
        var spaces: Int?
        while index < bytes.endIndex, result.count < limit {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "=") else {
                if MailBytes.isSpace(byte) {
                    if spaces == nil { spaces = result.count }
                } else {
                    if MailBytes.isBreak(byte), let start = spaces { result.removeLast(result.count - start) }
                    spaces = nil
                }
                result.append(byte)
                continue
            }
            spaces = nil
            if index + 1 < bytes.endIndex, let high = hexDigit(bytes[index]), let low = hexDigit(bytes[index + 1]) {
                result.append(high << 4 | low)
                index += 2
                continue
            }
            // A soft line break, perhaps with spaces behind it; anything else stands for itself.
            var end = index
            while end < bytes.endIndex, MailBytes.isSpace(bytes[end]) { end += 1 }
            if end == bytes.endIndex {
                index = end
            } else if bytes[end] == 0x0A {
                index = end + 1
            } else if bytes[end] == 0x0D {
                index = end + 1 < bytes.endIndex && bytes[end + 1] == 0x0A ? end + 2 : end + 1
            } else {
                result.append(byte)
            }
        }
        return result
    }

    private static func uuencoded(_ bytes: ArraySlice<UInt8>, limit: Int) -> [UInt8] {
        var result: [UInt8] = []
        for line in bytes.split(separator: 0x0A) {
            guard let first = line.first, (0x21...0x60).contains(first), !line.starts(with: Array("begin ".utf8)) else {
                continue
            }
            let count = Int((first - 0x20) & 0x3F)
            if line.starts(with: Array("end".utf8)), line.count <= 4 { break }
            let values = line.dropFirst().map { ($0 &- 0x20) & 0x3F }
            var decoded: [UInt8] = []
            var place = 0
            while decoded.count < count, place + 1 < values.count {
                let third = place + 2 < values.count ? values[place + 2] : 0
                let fourth = place + 3 < values.count ? values[place + 3] : 0
                decoded.append(values[place] << 2 | values[place + 1] >> 4)
                decoded.append(values[place + 1] << 4 | third >> 2)
                decoded.append(third << 6 | fourth)
                place += 4
            }
            result += decoded.prefix(count)
            if result.count >= limit { break }
        }
        return Array(result.prefix(limit))
    }
}
