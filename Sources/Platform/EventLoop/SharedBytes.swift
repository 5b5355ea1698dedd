internal import CLibEvent

/// Bytes that are written to many connections and held once: a frame that a channel's members all receive.
package final class SharedBytes: Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var count: Int { bytes.count }

    /// Appends a reference; the buffer lets go of it when the bytes have been sent.
    func append(to buffer: OpaquePointer?, from offset: Int = 0) {
        guard offset < bytes.count else { return }
        bytes[offset...].withUnsafeBytes { raw in
            // An array's storage does not move while the array is held, and `self` is held until the clean-up runs.
            let context = Unmanaged.passRetained(self).toOpaque()
            if evbuffer_add_reference(buffer, raw.baseAddress, raw.count, sharedBytesSent, context) != 0 {
                Unmanaged.passUnretained(self).release()
            }
        }
    }
}

private func sharedBytesSent(_: UnsafeRawPointer?, _: Int, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<SharedBytes>.fromOpaque(context).release()
}
