internal import CGMime

/// Turns the bytes of a text part into text: by its label, else as UTF-8, else as windows-1252.
///
/// Labels are often missing or wrong, so a label counts only when every byte agrees with it.
enum Charset {
    /// - Parameter isCut: Whether a limit may have cut a character in two at the end.
    static func decode(_ bytes: ArraySlice<UInt8>, label: String?, isCut: Bool = false) -> String {
        // Whatever the label says, a mark at the start is no part of the text.
        var bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        if let name = label.flatMap(converter), name != "UTF-8", let text = convert(bytes, from: name) { return text }
        if let text = utf8(bytes, isCut: isCut) { return text }
        return windows1252(bytes)
    }

    /// The converter's name for a label; nil for what mails do not use.
    ///
    /// The label is the sender's: converters that no mail needs stay out of reach.
    private static func converter(_ label: String) -> String? {
        let name = label.lowercased().filter { $0.isASCII && !$0.isWhitespace && $0 != "\"" && $0 != "'" }
        switch name {
        case "utf-8", "utf8", "uft-8", "us-ascii", "ascii", "ansi_x3.4-1968": return "UTF-8"
        case "unicode-1-1-utf-7", "utf-7": return "UTF-7"
        case "iso-8859-1", "latin1", "latin-1": return "windows-1252"
        case "ks_c_5601-1987", "euc-kr": return "CP949"
        case "gb2312", "gbk", "x-gbk": return "GBK"
        case "shift_jis", "shift-jis", "x-sjis", "sjis": return "CP932"
        case "utf-16", "utf-16le", "utf-16be", "utf-32", "gb18030", "big5", "big5-hkscs", "euc-jp", "euc-tw",
            "iso-2022-jp", "iso-2022-kr", "koi8-r", "koi8-u", "tis-620", "macintosh", "cp932", "cp949", "cp936",
            "hz-gb-2312":
            return name
        default: break
        }
        for prefix in ["iso-8859-", "windows-", "cp", "ibm"] where name.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count)
            return (1...4).contains(rest.count) && rest.allSatisfy(\.isNumber) ? name : nil
        }
        return nil
    }

    private static func convert(_ bytes: ArraySlice<UInt8>, from name: String) -> String? {
        bytes.withUnsafeBytes { raw in
            var read: gsize = 0
            var written: gsize = 0
            let input = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            guard let input else { return "" }
            // Asked for `read`, it leaves a character that was cut off at the end instead of failing.
            guard let output = g_convert(input, gssize(raw.count), "UTF-8", name, &read, &written, nil) else {
                return nil
            }
            defer { g_free(output) }
            return String(
                decoding: UnsafeRawBufferPointer(start: output, count: Int(written)), as: UTF8.self)
        }
    }

    private static func utf8(_ bytes: ArraySlice<UInt8>, isCut: Bool) -> String? {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        for dropped in 1...3 where isCut {
            if let text = String(validating: bytes.dropLast(dropped), as: UTF8.self) { return text }
        }
        return nil
    }

    private static func windows1252(_ bytes: ArraySlice<UInt8>) -> String {
        // The C1 range by Unicode's table; the five bytes without a meaning stay what they are.
        let high: [UInt32] = [
            0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
            0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
            0x0153, 0x9D, 0x017E, 0x0178,
        ]
        var scalars = String.UnicodeScalarView()
        for byte in bytes {
            let value = (0x80...0x9F).contains(byte) ? high[Int(byte) - 0x80] : UInt32(byte)
            if let scalar = Unicode.Scalar(value) { scalars.append(scalar) }
        }
        return String(scalars)
    }
}
