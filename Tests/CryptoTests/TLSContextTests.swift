import COpenSSL
import Crypto
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TLSContextTests {
    /// Lets a client and a server talk through memory until both are done or one gives up.
    private func handshake(_ client: OpaquePointer?, _ server: OpaquePointer?) throws -> Bool {
        let client = try #require(client)
        let server = try #require(server)
        defer {
            SSL_free(client)
            SSL_free(server)
        }
        let toServer = BIO_new(BIO_s_mem())
        let toClient = BIO_new(BIO_s_mem())
        BIO_up_ref(toServer)
        BIO_up_ref(toClient)
        SSL_set_bio(client, toClient, toServer)
        SSL_set_bio(server, toServer, toClient)
        SSL_set_connect_state(client)
        SSL_set_accept_state(server)
        // A full handshake takes four turns.
        for _ in 0..<10 {
            for session in [client, server] {
                let result = SSL_do_handshake(session)
                if result != 1, SSL_get_error(session, result) != SSL_ERROR_WANT_READ { return false }
            }
            if SSL_is_init_finished(client) == 1, SSL_is_init_finished(server) == 1 { return true }
        }
        return false
    }

    @Test func `a client accepts the named host and no other`() throws {
        let tool = try OpenSSLTool()
        try tool.makeCertificate("chat", host: "DNS:chat.example,IP:127.0.0.1")
        try tool.makeCertificate("stranger", host: "DNS:chat.example")
        let server = try TLSServerContext(certificateFile: tool.path("chat.pem"), keyFile: tool.path("chat.key"))
        let client = try TLSClientContext(caFile: tool.path("chat.pem"))
        #expect(try handshake(client.makeSession(hostName: "chat.example"), server.makeSession()))
        #expect(try handshake(client.makeSession(hostName: "127.0.0.1"), server.makeSession()))
        #expect(try !handshake(client.makeSession(hostName: "other.example"), server.makeSession()))
        #expect(try !handshake(client.makeSession(hostName: "127.0.0.2"), server.makeSession()))
        let wary = try TLSClientContext(caFile: tool.path("stranger.pem"))
        #expect(try !handshake(wary.makeSession(hostName: "chat.example"), server.makeSession()))
        for name in ["", "chat.example\0.evil.example"] { #expect(client.makeSession(hostName: name) == nil) }
    }

    @Test func `versions before 1.2 are refused`() throws {
        let tool = try OpenSSLTool()
        try tool.makeCertificate("chat", host: "DNS:chat.example")
        let server = try TLSServerContext(certificateFile: tool.path("chat.pem"), keyFile: tool.path("chat.key"))
        let client = try TLSClientContext(caFile: tool.path("chat.pem"))
        for session in [server.makeSession(), client.makeSession(hostName: "chat.example")] {
            let session = try #require(session)
            #expect(SSL_ctrl(session, SSL_CTRL_GET_MIN_PROTO_VERSION, 0, nil) == Int(TLS1_2_VERSION))
            SSL_free(session)
        }
    }

    @Test func `a renewed certificate is taken up and a broken one is not`() throws {
        let tool = try OpenSSLTool()
        try tool.makeCertificate("chat", host: "DNS:chat.example")
        let server = try TLSServerContext(certificateFile: tool.path("chat.pem"), keyFile: tool.path("chat.key"))
        let before = try TLSClientContext(caFile: tool.path("chat.pem"))
        try tool.makeCertificate("chat", host: "DNS:chat.example")
        let after = try TLSClientContext(caFile: tool.path("chat.pem"))
        try server.reload()
        #expect(try handshake(after.makeSession(hostName: "chat.example"), server.makeSession()))
        #expect(try !handshake(before.makeSession(hostName: "chat.example"), server.makeSession()))
        try tool.write([], to: "chat.key")
        #expect(throws: CryptoError.self) { try server.reload() }
        #expect(try handshake(after.makeSession(hostName: "chat.example"), server.makeSession()))
    }

    @Test func `files that do not fit are refused`() throws {
        let tool = try OpenSSLTool()
        try tool.makeCertificate("a", host: "DNS:a.example")
        try tool.makeCertificate("b", host: "DNS:b.example")
        let (certificate, key) = (tool.path("a.pem"), tool.path("b.key"))
        #expect(throws: CryptoError.self) { try TLSServerContext(certificateFile: certificate, keyFile: key) }
        #expect(throws: CryptoError.self) { try TLSServerContext(certificateFile: key, keyFile: key) }
        #expect(throws: CryptoError.self) { try TLSClientContext(caFile: "/nowhere/ca.pem") }
        _ = try TLSClientContext()
    }
}
