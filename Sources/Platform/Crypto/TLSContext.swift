internal import COpenSSL

/// Owner of one `SSL_CTX`; sessions count as owners too and may outlive it.
final class TLSContext: @unchecked Sendable {
    // Configured before it is shared; making sessions from it is safe on any thread.
    let pointer: OpaquePointer

    init(method: OpaquePointer?) throws(CryptoError) {
        guard let pointer = SSL_CTX_new(method) else { throw .openSSL("a TLS context cannot be made") }
        self.pointer = pointer
        guard martlet_ssl_ctx_require_tls12(pointer) == 1 else { throw .openSSL("TLS 1.2 is not to be had") }
        martlet_ssl_ctx_harden(pointer)
        martlet_ssl_ctx_release_buffers(pointer)
        // OpenSSL would ask for the passphrase of a key on the terminal.
        SSL_CTX_set_default_passwd_cb(pointer, refusePassphrase)
    }

    deinit { SSL_CTX_free(pointer) }

    func makeSession() -> OpaquePointer? { SSL_new(pointer) }
}

private func refusePassphrase(
    _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, _: UnsafeMutableRawPointer?
) -> Int32 { -1 }
