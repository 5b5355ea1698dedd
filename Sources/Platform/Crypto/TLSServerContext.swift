internal import COpenSSL
import Synchronization

/// The certificate and key that a server shows, and the rules of its sessions: TLS 1.2 and later.
package final class TLSServerContext: Sendable {
    private let certificateFile: String
    private let keyFile: String
    private let current: Mutex<TLSContext>

    /// Reads a PEM chain (leaf first) and its private key.
    package init(certificateFile: String, keyFile: String) throws(CryptoError) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        current = Mutex(try Self.load(certificateFile, keyFile))
    }

    /// Reads both files again, as after a renewal; sessions that were made keep the old certificate.
    ///
    /// - Throws: ``CryptoError``; the old certificate stays in use then.
    package func reload() throws(CryptoError) {
        let fresh = try Self.load(certificateFile, keyFile)
        current.withLock { $0 = fresh }
    }

    /// A new `SSL *`, which the caller owns; nil when there is no memory.
    package func makeSession() -> OpaquePointer? { current.withLock { $0 }.makeSession() }

    private static func load(_ certificateFile: String, _ keyFile: String) throws(CryptoError) -> TLSContext {
        let context = try TLSContext(method: TLS_server_method())
        guard SSL_CTX_use_certificate_chain_file(context.pointer, certificateFile) == 1 else {
            throw .openSSL(.file, "the certificate \(certificateFile) cannot be used")
        }
        guard SSL_CTX_use_PrivateKey_file(context.pointer, keyFile, SSL_FILETYPE_PEM) == 1 else {
            throw .openSSL(.file, "the key \(keyFile) cannot be used")
        }
        guard SSL_CTX_check_private_key(context.pointer) == 1 else {
            throw .openSSL(.invalidKey, "the key \(keyFile) is not that of the certificate \(certificateFile)")
        }
        SSL_CTX_set_session_id_context(context.pointer, Array("martlet".utf8), 7)
        return context
    }
}
