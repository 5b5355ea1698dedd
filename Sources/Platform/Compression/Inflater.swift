internal import CZlib

/// Undoes "deflate" (RFC 1951), as archives hold it, into no more room than was asked for.
enum Inflater {
    /// - Parameters:
    ///   - count: Bytes that must come out, no more and no fewer.
    /// - Returns: nil when the input is no such stream, or makes another number of bytes.
    static func inflate(_ input: UnsafeRawBufferPointer, count: Int) -> [UInt8]? {
        guard input.count <= Int(UInt32.max), count < Int(UInt32.max) else { return nil }
        var stream = z_stream()
        // A negative window says that there is no header.
        guard
            inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { inflateEnd(&stream) }
        var isWhole = false
        // One byte more than wanted: a stream that fills it is a longer one than it says.
        let output = [UInt8](unsafeUninitializedCapacity: count + 1) { output, filled in
            stream.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(count + 1)
            let result = CZlib.inflate(&stream, Z_FINISH)
            filled = count + 1 - Int(stream.avail_out)
            isWhole = result == Z_STREAM_END && stream.avail_in == 0
        }
        return isWhole && output.count == count ? output : nil
    }

    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var sum = crc32(0, nil, 0)
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            sum = crc32(sum, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(piece.count))
            rest = rest.dropFirst(piece.count)
        }
        return UInt32(truncatingIfNeeded: sum)
    }
}
