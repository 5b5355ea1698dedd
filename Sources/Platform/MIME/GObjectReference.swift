internal import CGMime

/// Owns one reference to an object of GMime and gives it back at the end.
///
/// Pointers into the object are good only inside `withPointer`: the compiler may end an object after its last use.
final class GObjectReference<Object> {
    private let pointer: UnsafeMutablePointer<Object>

    /// Takes over the reference that a constructor of GMime hands out; nil for null.
    init?(_ pointer: UnsafeMutablePointer<Object>?) {
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    deinit { g_object_unref(pointer) }

    func withPointer<Value, Failure: Error>(
        _ body: (UnsafeMutablePointer<Object>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        defer { withExtendedLifetime(self) {} }
        return try body(pointer)
    }
}

/// Process-wide state of GMime, made once before the first call.
enum MIMELibrary {
    static let prepare: Void = g_mime_init()

    /// A stream into memory, with `bytes` in it.
    static func stream(_ bytes: [UInt8] = []) -> GObjectReference<GMimeStream> {
        let pointer = bytes.withUnsafeBytes { raw in
            raw.isEmpty
                ? g_mime_stream_mem_new()
                : g_mime_stream_mem_new_with_buffer(raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
        }
        guard let stream = GObjectReference(pointer) else { preconditionFailure("GMime is out of memory") }
        return stream
    }

    /// What `write` puts into a stream.
    static func bytes(_ write: (UnsafeMutablePointer<GMimeStream>) -> Void) -> [UInt8] {
        stream().withPointer { stream in
            write(stream)
            guard let array = martlet_mime_stream_bytes(stream), let data = array.pointee.data else { return [] }
            return Array(UnsafeBufferPointer(start: data, count: Int(array.pointee.len)))
        }
    }

    /// Copies a string that belongs to somebody else.
    static func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }

    /// Copies a string and frees it.
    static func take(_ pointer: UnsafeMutablePointer<CChar>?) -> String? {
        guard let pointer else { return nil }
        defer { g_free(pointer) }
        return String(cString: pointer)
    }
}
