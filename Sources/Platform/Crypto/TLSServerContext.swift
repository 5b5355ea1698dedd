internal import COpenSSL
import Synchronization

/// The certificate and key that a server shows, and the rules of its sessions: TLS 1.2 and later.
package final class TLSServerContext: Sendable {
    private struct State {
        var certificateFile: String
        var keyFile: String
        var context: TLSContext
    }

    private let current: Mutex<State>

    /// Reads a PEM chain (leaf first) and its private key.
    package init(certificateFile: String, keyFile: String) throws(CryptoError) {
        current = Mutex(
            State(
                certificateFile: certificateFile, keyFile: keyFile,
                context: try Self.load(certificateFile, keyFile)))
    }

    /// Reads both files again, as after a renewal, or others; sessions that were made keep the old certificate.
    ///
    /// - Throws: ``CryptoError``; the old certificate stays in use then.
    package func reload(certificateFile: String? = nil, keyFile: String? = nil) throws(CryptoError) {
        let (oldCertificate, oldKey) = current.withLock { ($0.certificateFile, $0.keyFile) }
        let (certificate, key) = (certificateFile ?? oldCertificate, keyFile ?? oldKey)
        let fresh = State(certificateFile: certificate, keyFile: key, context: try Self.load(certificate, key))
        current.withLock { $0 = fresh }
    }

    /// A new `SSL *`, which the caller owns; nil when there is no memory.
    package func makeSession() -> OpaquePointer? { current.withLock { $0.context }.makeSession() }

    private static func load(_ certificateFile: String, _ keyFile: String) throws(CryptoError) -> TLSContext {
        // OpenSSL's own words name neither the file nor the remedy.
        if let problem = TLSFiles(certificate: certificateFile, key: keyFile).problems.first {
            throw CryptoError(problem.file == .key ? .invalidKey : .file, problem.message)
        }
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
