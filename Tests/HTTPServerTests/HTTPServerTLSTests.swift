import Crypto
import EventLoop
import Foundation
import HTTPServer
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerTLSTests {
    /// A certificate for `localhost`, made by the `openssl` program.
    private static func makeCertificate(in folder: String) throws -> (certificate: String, key: String) {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let (certificate, key) = ("\(folder)/certificate.pem", "\(folder)/key.pem")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-out", certificate, "-keyout", key,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return (certificate, key)
    }

    @Test func `requests, large answers and upgrades work over TLS, and plain text does not`() async throws {
        let folder = NSTemporaryDirectory() + "martlet-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = try Self.makeCertificate(in: folder)
        let tls = try TLSServerContext(certificateFile: files.certificate, keyFile: files.key)
        let trust = try TLSClientContext(caFile: files.certificate)
        let group = EventLoopGroup(count: 1)
        try await withServer(
            { $0.makeTLSSession = { tls.makeSession() } },
            handler: { request in
                switch request.path {
                case "/large": HTTPResponse(body: .bytes([UInt8](repeating: 7, count: 500_000)))
                case "/upgrade":
                    HTTPResponse(
                        status: 101,
                        body: .upgrade { connection in
                            connection.start(
                                onRead: { bytes in
                                    connection.write(bytes)
                                    return bytes.count
                                }, onClose: { _ in })
                        })
                default: HTTPResponse(text: describe(request))
                }
            }
        ) { server, connect in
            let makeSession: @Sendable () -> OpaquePointer? = { trust.makeSession(hostName: "localhost") }
            let client = try await RawClient(server.address, on: group.next(), makeTLS: makeSession)
            client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /large HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await client.answer()?.text == "GET /a  0 127.0.0.1")
            #expect(await client.answer()?.body.count == 500_000)
            client.send("GET /upgrade HTTP/1.1\r\nHost: h\r\n\r\nearly")
            #expect(await client.answer()?.status == 101)
            #expect(await client.next { bytes, _ in bytes.count == 5 ? bytes : nil } == Array("early".utf8))
            let last = try await RawClient(server.address, on: group.next(), makeTLS: makeSession)
            last.send("GET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            #expect(await last.answer()?.text == "GET /b  0 127.0.0.1")
            #expect(await last.ends())
            let plain = try await connect()
            plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await plain.answer()?.status != 200)
        }
    }

    @Test func `a connection whose session cannot be made is closed, not served in plain text`() async throws {
        try await withServer({ $0.makeTLSSession = { nil } }) { _, connect in
            let client = try await connect()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await client.ends())
        }
    }
}
