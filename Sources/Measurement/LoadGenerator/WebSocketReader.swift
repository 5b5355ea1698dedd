/// Finds whole frames in what a server sends (RFC 6455, section 5.2), with nothing copied unless a frame is cut in two.
struct WebSocketReader {
    private var input = PartialInput()

    /// Adds what came, and hands out every frame that is whole: its opcode and its payload.
    ///
    /// - Throws: ``LoadError`` when a frame is masked or too long.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, _ body: (UInt8, UnsafeRawBufferPointer) -> Void
    ) throws(LoadError) {
        try input.add(bytes) { (all) throws(LoadError) in try Self.parse(all, body) }
    }

    private static func parse(
        _ bytes: UnsafeRawBufferPointer, _ body: (UInt8, UnsafeRawBufferPointer) -> Void
    ) throws(LoadError) -> Int {
        var start = 0
        while bytes.count - start >= 2 {
            let second = bytes[start + 1]
            guard second & 0x80 == 0 else { throw LoadError("a server must not mask its frames") }
            var header = 2
            var length = Int(second)
            if second == 126 {
                header = 4
                guard bytes.count - start >= header else { break }
                length = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
            } else if second == 127 {
                header = 10
                guard bytes.count - start >= header else { break }
                let long = bytes[(start + 2)..<(start + 10)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                guard long <= UInt64(PartialInput.maximumBytes) else { throw LoadError("a frame is too long") }
                length = Int(long)
            }
            let end = start + header + length
            guard end <= bytes.count else { break }
            body(bytes[start] & 0x0F, UnsafeRawBufferPointer(rebasing: bytes[(start + header)..<end]))
            start = end
        }
        return start
    }
}
