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

@Suite(.timeLimit(.minutes(2)))
struct CommandTests {
    private func json(_ text: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    @Test func `bridges are looked after and events are followed from the terminal`() async throws {
        let server = try await MartletProcess(folder: try temporaryDirectory())
        let access = ["--url", server.url, "--data", server.folder + "/data"]
        func run(_ words: String...) async throws -> (status: Int32, output: String) {
            try await MartletProcess.run(
                words + access, environment: ["MARTLET_TOKEN": "", "MARTLET_USER": "", "MARTLET_URL": ""])
        }
        let bridges = server.folder + "/data/bridges"
        try FileManager.default.createDirectory(atPath: bridges, withIntermediateDirectories: true)
        try Data(
            """
            bridge: webhook
            settings:
              url: http://127.0.0.1:9/hook
              secret: whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz
              allow: [127.0.0.0/8]
            """.utf8
        ).write(to: URL(fileURLWithPath: bridges + "/audit.yaml"))
        func state() async throws -> String? {
            try? json(try await run("bridge", "status", "audit", "--json").output)["state"]?.string
        }
        try await eventually("the bridge runs") { try await state() == "running" }

        #expect(try await run("bridge", "pause", "audit").output == "audit is paused.\n")
        try await eventually("the bridge rests") { try await state() == "paused" }
        let list = try await run("bridge", "list")
        #expect(list.status == 0 && list.output.contains("audit  webhook  paused"), "\(list.output)")
        #expect(!list.output.contains("\u{1b}"), "colours are for terminals")
        #expect(try await run("bridge", "resume", "audit").status == 0)
        try await eventually("the bridge runs again") { try await state() == "running" }

        #expect(try await run("bridge", "dead-letters", "audit").output == "audit has no dead letters.\n")
        #expect(try await run("bridge", "drop", "audit", "--all").output == "0 dead letters of audit dropped.\n")
        let missing = try await run("bridge", "retry", "audit", "7")
        #expect(missing.status == 1 && missing.output.contains("no dead letter"), "\(missing.output)")
        let unknown = try await run("bridge", "status", "audti")
        #expect(unknown.status == 1 && unknown.output.contains("did you mean `audit`?"), "\(unknown.output)")

        let token = try await server.logIn()
        let made = try await server.request(.post, "/v1/channels", token: token, #"{"kind":"public","name":"den"}"#)
        let channel = try #require(made["id"]?.integer)
        async let live = run("events", "tail", "--types", "message.created", "--after", "0-0", "--count", "2")
        for text in ["first", "second"] {
            let path = "/v1/channels/\(channel)/messages"
            #expect(try await server.request(.post, path, token: token, #"{"text":"\#(text)"}"#).status == 201)
        }
        let followed = try await live
        #expect(followed.status == 0)
        let lines = followed.output.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasSuffix("first") && lines[1].hasSuffix("second"), "\(followed.output)")
        #expect(lines.allSatisfy { $0.contains("  message.created  ") && $0.contains("#den") && $0.contains("admin") })

        let first = try await run(
            "events", "tail", "--types", "message.created", "--after", "0-0", "--count", "1", "--json")
        let cursor = try #require(try json(first.output)["cursor"]?.string)
        let shown = try await run("events", "show", cursor)
        #expect(try json(shown.output)["data"]?["text"]?.string == "first", "\(shown.output)")
        #expect(try await run("events", "show", "1-1").status == 1)

        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
        let away = try await run("bridge", "list")
        #expect(away.status == 1 && away.output.contains("martlet serve"), "\(away.output)")
    }
}
