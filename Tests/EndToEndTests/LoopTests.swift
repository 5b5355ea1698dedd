import ChatModel
import Foundation
import HTTPTypes
import TestSupport
import Testing

/// Automations that react to everything, put together so that each answers the other.
@Suite(.timeLimit(.minutes(3)))
struct LoopTests {
    @Test func `a bot and a workflow, and a webhook that comes round, end by themselves within ten rounds`()
        async throws
    {
        let folder = try temporaryDirectory()
        let bridges = folder + "/data/bridges"
        try FileManager.default.createDirectory(atPath: bridges, withIntermediateDirectories: true)
        try """
        bridge: workflow
        where: { channel: [chatter] }
        settings: { steps: [{ post: "and you?" }] }
        """.write(toFile: bridges + "/chatter.yaml", atomically: true, encoding: .utf8)
        let server = try await MartletProcess(folder: folder)
        let token = try await server.logIn()
        func id(_ path: String, _ body: String) async throws -> JSONValue {
            let made = try await server.request(.post, path, token: token, body)
            #expect(made.status < 300, "\(made.text)")
            return made.json
        }
        func messages(_ channel: Int64) async throws -> [JSONValue] {
            try await server.request(
                .get, "/v1/channels/\(channel)/messages?after=0&limit=200", token: token)["messages"]?.array ?? []
        }
        func said(_ channel: Int64) async throws -> Int {
            try await messages(channel).count { $0["author"]?["kind"] != "person" && $0["kind"] == "text" }
        }
        func endTold(_ channel: Int64) async throws -> Bool {
            try await messages(channel).contains {
                $0["kind"] == "system" && $0["text"]?.string?.contains("person") == true
            }
        }
        let bot = try await id("/v1/bots", #"{"handle":"naive"}"#)
        let botToken = try #require(bot["token"]?.string)
        let botID = try #require(bot["bot"]?["id"]?.integer)
        let chatter = try #require(
            try await id("/v1/channels", #"{"kind":"public","name":"chatter","members":[\#(botID)]}"#)["id"]?.integer)
        let round = try #require(try await id("/v1/channels", #"{"kind":"public","name":"round"}"#)["id"]?.integer)
        let hook = try await id("/v1/hooks", #"{"name":"echo","channel_id":\#(round)}"#)
        try """
        bridge: workflow
        where: { channel: [round] }
        settings:
          allow: [127.0.0.1]
          steps: [{ call: { url: "\(server.url)\(hook["path"]?.string ?? "")", json: { text: "again" } } }]
        """.write(toFile: bridges + "/round.yaml", atomically: true, encoding: .utf8)
        try await eventually("both run", within: .seconds(30)) {
            let list = try await server.request(.get, "/v1/bridges", token: token)["bridges"]?.array ?? []
            return list.count == 2 && list.allSatisfy { $0["state"] == "running" }
        }
        // It polls, answers whatever others say, and says nothing of where that came from.
        let naive = Task {
            var after = try await server.request(.get, "/v1/events", token: botToken)["cursor"]?.string ?? ""
            while !Task.isCancelled {
                let page = try await server.request(
                    .get, "/v1/events?types=message.created&wait=2&after=\(after)", token: botToken)
                for event in page["events"]?.array ?? [] where event["actor_id"]?.integer != botID {
                    _ = try await server.request(
                        .post, "/v1/channels/\(chatter)/messages", token: botToken, #"{"text":"and you?"}"#)
                }
                after = page["cursor"]?.string ?? after
            }
        }
        for channel in [chatter, round] {
            _ = try await id("/v1/channels/\(channel)/messages", #"{"text":"hello"}"#)
        }
        for channel in [chatter, round] {
            try await eventually("channel \(channel) says why it ends", within: .seconds(60)) {
                try await endTold(channel)
            }
            let all = try await messages(channel).map {
                "\($0["author"]?["handle"]?.string ?? "") \($0["kind"]?.string ?? "") \($0["hops"]?.integer ?? 0)"
            }
            #expect(try await said(channel) <= 20, "\(all)")
        }
        naive.cancel()
        _ = try? await naive.value
        let ends = try await MartletProcess.run(["loop", "list", "--url", server.url, "--data", folder + "/data"])
        #expect(ends.status == 0, "\(ends.output)")
        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
    }
}
