internal import CZlib

/// Compresses bodies (RFC 1952), one at a time, with one zlib stream that is used again and again.
package final class GzipCompressor {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var isReady = false

    package init() { stream.initialize(to: z_stream()) }

    deinit {
        if isReady { deflateEnd(stream) }
        stream.deallocate()
    }

    /// - Returns: nil when zlib fails or the result is no smaller.
    package func compress(_ bytes: [UInt8]) -> [UInt8]? {
        if isReady {
            deflateReset(stream)
        } else {
            // 15 bits of window, and 16 for gzip's own header.
            let result = deflateInit2_(
                stream, 5, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size))
            guard result == Z_OK else { return nil }
            isReady = true
        }
        var input = bytes
        return input.withUnsafeMutableBufferPointer { input in
            var isDone = false
            let output = [UInt8](unsafeUninitializedCapacity: bytes.count) { output, filled in
                stream.pointee.next_in = input.baseAddress
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                isDone = deflate(stream, Z_FINISH) == Z_STREAM_END
                filled = output.count - Int(stream.pointee.avail_out)
            }
            return isDone ? output : nil
        }
    }
}
