internal import CZlib

/// Undoes gzip (RFC 1952) and zlib (RFC 1950), as bodies of requests have them, into no more room than is allowed.
package enum Decompressor {
    package enum Failure: Error {
        /// It is no such stream, or ends too early.
        case malformed
        /// More than `limit` bytes would come out.
        case tooLong
    }

    /// - Parameter limit: Bytes that may come out; the input may be of any size.
    package static func decompress(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        guard !bytes.isEmpty, bytes.count < Int(UInt32.max) else { throw .malformed }
        var stream = z_stream()
        // 15 bits of window, and 32 to tell the two formats apart by their heads.
        guard inflateInit2_(&stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .malformed
        }
        defer { inflateEnd(&stream) }
        var input = bytes
        var output: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 32 << 10)
        let result: Failure? = input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            while true {
                let (status, count) = room.withUnsafeMutableBufferPointer { room in
                    stream.next_out = room.baseAddress
                    stream.avail_out = UInt32(room.count)
                    return (inflate(&stream, Z_NO_FLUSH), room.count - Int(stream.avail_out))
                }
                guard output.count + count <= limit else { return .tooLong }
                output += room.prefix(count)
                switch status {
                case Z_STREAM_END where stream.avail_in == 0: return nil
                case Z_STREAM_END:
                    // Another member follows.
                    guard inflateReset(&stream) == Z_OK else { return .malformed }
                case Z_OK where count > 0 || stream.avail_in > 0: continue
                default: return .malformed
                }
            }
        }
        if let result { throw result }
        return output
    }
}
