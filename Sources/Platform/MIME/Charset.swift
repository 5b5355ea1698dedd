#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Turns the bytes of a text part into text.
///
/// A label holds: one wrong byte in a text of a thousand is one U+FFFD, not another charset. Without a label, or with one
/// that says nothing, a text is UTF-8 when it looks like it, else windows-1252.
enum Charset {
    /// - Parameter isCut: Whether a limit may have cut a character in two at the end.
    static func decode(_ bytes: ArraySlice<UInt8>, label: String?, isCut: Bool = false) -> String {
        // Whatever the label says, a mark at the start says more, and is no part of the text.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return utf8(bytes.dropFirst(3), isCut: isCut) }
        if bytes.starts(with: [0xFE, 0xFF]) { return convert(bytes.dropFirst(2), from: "UTF-16BE", isCut: isCut) }
        if bytes.starts(with: [0xFF, 0xFE]), label.map({ $0.lowercased().hasPrefix("utf-16") }) == true {
            return convert(bytes.dropFirst(2), from: "UTF-16LE", isCut: isCut)
        }
        guard let label, let name = CharsetLabels.converter(label), !isVague(label) else {
            return guess(bytes, isCut: isCut)
        }
        switch name {
        case "UTF-8": return utf8(bytes, isCut: isCut)
        case "CP1252": return windows1252(bytes)
        default: return convert(bytes, from: name, isCut: isCut)
        }
    }

    /// What programs write that do not know what they send.
    private static func isVague(_ label: String) -> Bool {
        ["us-ascii", "ascii", "ansi_x3.4-1968"].contains(label.lowercased().trimmingSpaces)
    }

    private static func guess(_ bytes: ArraySlice<UInt8>, isCut: Bool) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        // Characters of several bytes hardly ever come about by chance: a few wrong bytes among them change nothing.
        let text = utf8(bytes, isCut: isCut)
        var wrong = 0
        var whole = 0
        for scalar in text.unicodeScalars where scalar.value >= 0x80 {
            if scalar == "\u{FFFD}" { wrong += 1 } else { whole += 1 }
        }
        return whole > wrong ? text : windows1252(bytes)
    }

    private static func utf8(_ bytes: ArraySlice<UInt8>, isCut: Bool) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        for dropped in 1...3 where isCut && bytes.count > dropped {
            if let text = String(validating: bytes.dropLast(dropped), as: UTF8.self) { return text }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: iconv

    private static func convert(_ bytes: ArraySlice<UInt8>, from name: String, isCut: Bool) -> String {
        let converter = iconv_open("UTF-8", name)
        guard converter != iconv_t(bitPattern: -1) else { return guess(bytes, isCut: isCut) }
        defer { iconv_close(converter) }
        var input = Array(bytes)
        var output = [UInt8](repeating: 0, count: 8192)
        var result: [UInt8] = []
        result.reserveCapacity(input.count + input.count / 2)
        input.withUnsafeMutableBytes { input in
            output.withUnsafeMutableBytes { output in
                convert(converter, input, output, isCut: isCut, into: &result)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func convert(
        _ converter: iconv_t?, _ input: UnsafeMutableRawBufferPointer, _ output: UnsafeMutableRawBufferPointer,
        isCut: Bool, into result: inout [UInt8]
    ) {
        guard let outputStart = output.baseAddress, let inputStart = input.baseAddress else { return }
        var from: UnsafeMutablePointer<CChar>? = inputStart.assumingMemoryBound(to: CChar.self)
        var left = input.count
        while true {
            var to: UnsafeMutablePointer<CChar>? = outputStart.assumingMemoryBound(to: CChar.self)
            var room = output.count
            let isAtEnd = left == 0
            // At the end it gives back what it held for a character that might have gone on.
            let status = isAtEnd ? iconv(converter, nil, nil, &to, &room) : iconv(converter, &from, &left, &to, &room)
            let code = errno
            result += output.prefix(output.count - room)
            if status != -1 {
                if isAtEnd { return }
                continue
            }
            switch code {
            case E2BIG: continue
            case EINVAL where isCut: return
            case EILSEQ, EINVAL:
                guard left > 0 else { return }
                result += Array("\u{FFFD}".utf8)
                from = from?.advanced(by: 1)
                left -= 1
            default: return
            }
        }
    }

    private static func windows1252(_ bytes: ArraySlice<UInt8>) -> String {
        var scalars = String.UnicodeScalarView()
        for byte in bytes {
            let value = (0x80...0x9F).contains(byte) ? Self.high[Int(byte) - 0x80] : UInt32(byte)
            if let scalar = Unicode.Scalar(value) { scalars.append(scalar) }
        }
        return String(scalars)
    }

    // The C1 range by Unicode's table; the five bytes without a meaning stay what they are.
    private static let high: [UInt32] = [
        0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
        0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0x9D, 0x017E, 0x0178,
    ]
}
