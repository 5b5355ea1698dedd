/// Files as one tar archive (POSIX.1-1988, `ustar`), made in memory.
struct TarArchive {
    private static let block = 512
    private(set) var bytes: [UInt8] = []
    /// Seconds since 1970, of all files.
    let time: Int64

    init(time: Int64) { self.time = time }

    /// Adds a file that its owner alone may read.
    ///
    /// - Parameter name: At most 100 bytes; what is longer is cut.
    mutating func add(_ name: String, _ content: [UInt8]) {
        var header = [UInt8](repeating: 0, count: Self.block)
        func put(_ text: String, at offset: Int, _ length: Int) {
            for (index, byte) in text.utf8.prefix(length).enumerated() { header[offset + index] = byte }
        }
        func octal(_ number: Int64, _ digits: Int) -> String {
            let text = String(max(0, number), radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(name, at: 0, 100)
        put(octal(0o600, 7), at: 100, 7)
        put(octal(0, 7), at: 108, 7)
        put(octal(0, 7), at: 116, 7)
        put(octal(Int64(content.count), 11), at: 124, 11)
        put(octal(time, 11), at: 136, 11)
        put("        0", at: 148, 9)
        put("ustar", at: 257, 5)
        put("00", at: 263, 2)
        // The sum is made with blanks in its own place.
        let sum = header.reduce(0) { $0 + Int64($1) }
        put(octal(sum, 6), at: 148, 6)
        header[154] = 0
        bytes += header + content
        let rest = content.count % Self.block
        if rest > 0 { bytes += [UInt8](repeating: 0, count: Self.block - rest) }
    }

    /// The archive with its end.
    var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 2 * Self.block) }
}
