import EventLoop
import Foundation
import HTTPServer
import HTTPTypes
import Synchronization
import Testing

/// The raw cases of RFC 9112, on a connection each.
@Suite(.timeLimit(.minutes(1)))
struct RawRequestTests {
    @Test func `each raw request has the answer that the table gives it`() async throws {
        let handled = Atomic<Int>(0)
        try await withServer(handler: { request in
            handled.add(1, ordering: .relaxed)
            return HTTPResponse(text: describe(request))
        }) { _, connect in
            for request in RawRequest.all {
                let before = handled.load(ordering: .relaxed)
                let client = try await connect()
                client.send(request.text)
                let answer = await client.answer()
                #expect(answer?.status == request.status, "\(request.name)")
                guard request.status != 200 else {
                    #expect(handled.load(ordering: .relaxed) == before + 1, "\(request.name)")
                    continue
                }
                #expect(answer?.text.contains("\"code\":\"\(request.code)\"") == true, "\(request.name)")
                #expect(answer?.header("Content-Type") == "application/problem+json", "\(request.name)")
                #expect(await client.ends(), "\(request.name)")
                #expect(handled.load(ordering: .relaxed) == before, "\(request.name)")
            }
        }
    }

    @Test func `behind a refused request nothing is read as another`() async throws {
        let handled = Mutex<[String]>([])
        try await withServer(handler: { request in
            handled.withLock { $0.append(request.path) }
            return HTTPResponse(text: "x")
        }) { _, connect in
            for request in RawRequest.all where request.status != 200 {
                let client = try await connect()
                client.send(request.text + "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n")
                _ = await client.answer()
                #expect(await client.ends(), "\(request.name)")
            }
        }
        #expect(handled.withLock { $0 } == [])
    }

    private static let nginx = "/usr/sbin/nginx"

    /// What the table says of nginx was found by this.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: nginx), "nginx is not installed"))
    func `nginx as a proxy in front answers as the table says`() async throws {
        let folder = NSTemporaryDirectory() + "martlet-nginx-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (front, back) = ("\(folder)/front", "\(folder)/back")
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder)/\($0);" }
        try """
        daemon off; master_process off; pid \(folder)/pid; error_log \(folder)/error.log;
        events {}
        http {
            access_log off; \(paths.joined(separator: " "))
            server { listen unix:\(front); location / { proxy_pass http://unix:\(back):; proxy_http_version 1.1; } }
            server { listen unix:\(back); location / { return 200 "ok"; } }
        }
        """.write(toFile: "\(folder)/nginx.conf", atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.nginx)
        process.arguments = ["-c", "\(folder)/nginx.conf", "-p", folder, "-e", "\(folder)/error.log"]
        // Whoever waits for the end of the tests' own output must not wait for this one.
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // It may have been started with SIGTERM blocked.
        defer { kill(process.processIdentifier, SIGKILL) }
        let group = EventLoopGroup(count: 1)
        var isThere = false
        while process.isRunning, !isThere {
            isThere = (try? await RawClient(.unix(path: front), on: group.next())) != nil
            await Task.yield()
        }
        for request in RawRequest.all where request.nginx != nil {
            let client = try await RawClient(.unix(path: front), on: group.next())
            client.send(request.text)
            let answer = await client.answer(isHead: request.text.hasPrefix("HEAD"))
            #expect(answer?.status == request.nginx, "\(request.name)")
        }
    }
}
