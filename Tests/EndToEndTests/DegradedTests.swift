import ChatModel
import Foundation
import HTTPTypes
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The server without its Redis.
@Suite(.timeLimit(.minutes(2)))
struct DegradedTests {
    @Test func `without Redis messages are taken and told, and readiness tells degraded from dead`() async throws {
        let server = try await MartletProcess(folder: try temporaryDirectory())
        let token = try await server.logIn()
        let made = try await server.request(.post, "/v1/channels", token: token, #"{"kind":"public","name":"c"}"#)
        let channel = try #require(made["id"]?.integer, "\(made.text)")
        #expect(try await server.request(.get, "/readyz").text == "ready\n")
        let place = try await server.request(.get, "/v1/events", token: token)
        let cursor = try #require(place["cursor"]?.string)
        let file = try #require(FileManager.default.contents(atPath: server.folder + "/data/redis/redis.pid"))
        let redis = try #require(pid_t(String(decoding: file, as: UTF8.self).split(whereSeparator: \.isWhitespace)[0]))
        kill(redis, SIGSTOP)
        defer { kill(redis, SIGCONT) }
        let ready = try await server.request(.get, "/readyz")
        #expect(ready.status == 200 && ready.text == "degraded: redis\n")
        async let polled = server.request(
            .get, "/v1/events?after=\(cursor)&types=message.created&wait=20", token: token)
        let sent = try await server.request(
            .post, "/v1/channels/\(channel)/messages", token: token, #"{"text":"still here"}"#)
        #expect(sent.status == 201)
        #expect(try await polled["events"]?[0]?["data"]?["text"]?.string == "still here")
        kill(redis, SIGCONT)
        try await eventually("Redis is back") { try await server.request(.get, "/readyz").text == "ready\n" }
        server.signal(SIGTERM)
        try await eventually("it has ended", within: .seconds(30)) { server.status != nil }
    }
}
