internal import COpenSSL

/// Whom a client trusts: the system's authorities, or those of one file.
package final class TLSClientContext: Sendable {
    private let context: TLSContext

    /// - Parameter caFile: Authorities in PEM, in place of the system's.
    package init(caFile: String? = nil) throws(CryptoError) {
        context = try TLSContext(method: TLS_client_method())
        let isLoaded =
            if let caFile {
                SSL_CTX_load_verify_file(context.pointer, caFile)
            } else {
                SSL_CTX_set_default_verify_paths(context.pointer)
            }
        guard isLoaded == 1 else {
            throw .openSSL(.file, "the authorities \(caFile ?? "of the system") cannot be read")
        }
        SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
    }

    /// A new `SSL *`, which the caller owns; its handshake fails unless the peer proves that it is `hostName`.
    ///
    /// - Parameter hostName: A DNS name, which is also sent to the server (SNI), or an IP address.
    /// - Returns: nil when the name cannot be one, or there is no memory.
    package func makeSession(hostName: String) -> OpaquePointer? {
        // An empty name, or one cut by a zero byte, would switch the check off or aim it elsewhere.
        guard !hostName.isEmpty, !hostName.utf8.contains(0), let session = context.makeSession() else { return nil }
        SSL_set_hostflags(session, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        // Accepted for addresses only; names are refused and go the other way.
        let isAddress = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), hostName) == 1
        let isReady =
            isAddress || (SSL_set1_host(session, hostName) == 1 && martlet_ssl_set_server_name(session, hostName) == 1)
        ERR_clear_error()
        guard isReady else {
            SSL_free(session)
            return nil
        }
        return session
    }
}
