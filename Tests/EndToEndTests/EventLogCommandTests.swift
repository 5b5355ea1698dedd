import BridgeTestSupport
import ChatModel
import ChatTestSupport
import EventLoop
import Foundation
import HTTPTypes
import TestSupport
import Testing

/// The event log and the audit log of a whole server, from the terminal.
@Suite(.timeLimit(.minutes(2)))
struct EventLogCommandTests {
    private func json(_ text: some StringProtocol) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    @Test func `what a server did is replayed, fits its schemas, and is audited`() async throws {
        let server = try await MartletProcess(folder: try temporaryDirectory())
        let access = ["--url", server.url, "--data", server.folder + "/data"]
        func run(_ words: String...) async throws -> (status: Int32, output: String) {
            try await MartletProcess.run(
                words + access, environment: ["MARTLET_TOKEN": "", "MARTLET_USER": "", "MARTLET_URL": ""])
        }
        let token = try await server.logIn()
        func call(_ method: HTTPMethod, _ path: String, _ body: String? = nil) async throws -> MartletProcess.Answer {
            let answer = try await server.request(method, path, token: token, body)
            #expect((200..<300).contains(answer.status), "\(path): \(answer.text)")
            return answer
        }
        // A bridge whose target nobody answers for, and then one that refuses.
        let bridges = server.folder + "/data/bridges"
        try FileManager.default.createDirectory(atPath: bridges, withIntermediateDirectories: true)
        let group = EventLoopGroup(count: 1)
        let target = try ScriptedHTTPServer(group: group) { _ in HTTPResponse(status: 410) }
        func write(_ url: String) throws {
            try Data(
                """
                bridge: webhook
                on: [message.created]
                retry: { first: 10ms, max: 100ms }
                settings:
                  url: \(url)
                  secret: whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz
                  allow: [127.0.0.0/8]
                """.utf8
            ).write(to: URL(fileURLWithPath: bridges + "/sink.yaml"))
        }
        try write("http://127.0.0.1:9/hook")
        func told(_ type: EventType) async throws -> Bool {
            let page = try await call(.get, "/v1/events?after=0-0&types=\(type)")
            return page["events"]?.array?.isEmpty == false
        }
        try await eventually("the bridge runs") { try await told(.bridgeStarted) }

        let channel = try #require(
            try await call(.post, "/v1/channels", #"{"kind":"public","name":"den"}"#)["id"]?.integer)
        let message = try #require(
            try await call(.post, "/v1/channels/\(channel)/messages", #"{"text":"first"}"#)["id"]?.integer)
        try await eventually("the target is down") { try await told(.bridgeTargetDown) }
        try write(target.url)
        try await eventually("it was given up") { try await told(.bridgeDeadLetter) }
        try await eventually("the bridge rests") { try await told(.bridgePaused) }
        _ = try await call(.post, "/v1/bridges/sink/resume")
        try Data("bridge: webhook\nsettings: { ulr: x }\n".utf8).write(to: URL(fileURLWithPath: bridges + "/sink.yaml"))
        try await eventually("the file is broken") { try await told(.bridgeBroken) }
        try FileManager.default.removeItem(atPath: bridges + "/sink.yaml")
        try await eventually("the bridge is gone") { try await told(.bridgeStopped) }

        _ = try await call(.put, "/v1/messages/\(message)/reactions/+1")
        _ = try await call(.patch, "/v1/messages/\(message)", #"{"text":"changed"}"#)
        _ = try await call(.delete, "/v1/messages/\(message)/reactions/+1")
        _ = try await call(
            .post, "/v1/channels/\(channel)/messages", #"{"text":"second","thread_root_id":\#(message)}"#)
        _ = try await call(.delete, "/v1/messages/\(message)")
        _ = try await call(.post, "/v1/channels/\(channel)/read", #"{"seq":2}"#)
        _ = try await call(.put, "/v1/me/keywords", #"{"keywords":["deploy"]}"#)
        _ = try await call(.patch, "/v1/channels/\(channel)", #"{"topic":"t"}"#)
        let eve = try #require(
            try await call(.post, "/v1/users", #"{"handle":"eve","password":"a password"}"#)["id"]?.integer)
        _ = try await call(.post, "/v1/channels/\(channel)/members", #"{"users":[\#(eve)]}"#)
        _ = try await call(.patch, "/v1/channels/\(channel)/members/\(eve)", #"{"role":"moderator"}"#)
        let everyone = "/v1/channels/\(channel)/overrides/everyone"
        _ = try await call(.put, everyone, #"{"deny":["send"]}"#)
        _ = try await call(.delete, everyone)
        let role = try await call(.post, "/v1/roles", #"{"name":"r","capabilities":["moderate"]}"#)
        let roleID = try #require(role["id"]?.integer)
        _ = try await call(.put, "/v1/roles/\(roleID)", #"{"name":"r","capabilities":[]}"#)
        _ = try await call(.put, "/v1/users/\(eve)/roles/\(roleID)")
        _ = try await call(.delete, "/v1/users/\(eve)/roles/\(roleID)")
        _ = try await call(.delete, "/v1/roles/\(roleID)")
        _ = try await call(.delete, "/v1/channels/\(channel)/members/\(eve)")
        _ = try await call(.patch, "/v1/users/\(eve)", #"{"role":"guest"}"#)
        let hook = try await call(.post, "/v1/hooks", #"{"name":"CI","channel_id":\#(channel)}"#)
        let secret = try #require(hook["secret"]?.string)
        _ = try await call(.post, "/v1/hooks/\(try #require(hook["id"]?.integer))/take-over")
        _ = try await call(.delete, "/v1/hooks/\(try #require(hook["id"]?.integer))")
        let bot = try await call(.post, "/v1/bots", #"{"handle":"helper"}"#)
        let id = try #require(bot["bot"]?["id"]?.integer)
        _ = try await call(.post, "/v1/bots/\(id)/token")
        _ = try await call(.patch, "/v1/users/\(id)", #"{"name":"Helper"}"#)
        _ = try await call(.delete, "/v1/bots/\(id)")
        let other = try await server.logIn()
        #expect(try await server.request(.post, "/v1/auth/logout", token: other).status == 204)
        #expect(try await server.request(.get, "/v1/me", token: other).status == 401)

        // Everything that happened, held against the schemas that the server itself serves.
        var schemas: [String: JSONValue] = [:]
        for entry in try await server.request(.get, "/v1/events/schemas").json["schemas"]?.array ?? [] {
            schemas[try #require(entry["type"]?.string)] = entry["schema"]
        }
        let replayed = try await run("events", "replay", "--all", "--json")
        #expect(replayed.status == 0, "\(replayed.output)")
        let lines = replayed.output.split(separator: "\n")
        var types: Set<String> = []
        var cursors: [Cursor] = []
        for line in lines {
            let event = try json(line)
            let type = try #require(event["type"]?.string)
            #expect(SchemaValidator.problems(event, try #require(schemas[type])) == [], "\(line)")
            types.insert(type)
            cursors.append(try #require(event["cursor"]?.string.flatMap { Cursor($0) }))
            #expect(!line.contains(secret) && !line.contains("mbt_") && !line.contains("whsec_"))
        }
        #expect(cursors == cursors.sorted() && Set(cursors).count == cursors.count)
        // No rule acts here, and a bridge that is paused by its target does not come back to it.
        let missing = Set(EventType.all.map(\.description)).subtracting(types)
        #expect(missing.isSubset(of: ["moderation.acted", "bridge.target_back"]), "\(missing)")

        // A part of it, to the terminal and to a URL.
        let first = try await run("events", "replay", "--type", "message.created", "--channel", "den")
        // The text is another one by now, or gone, and the events are there.
        #expect(first.output.split(separator: "\n").map { $0.hasSuffix("first") } == [false, false])
        let part = try await run(
            "events", "replay", "--after", "\(cursors[4])", "--until", "\(cursors[9])", "--all", "--json", "--pace",
            "1000000x")
        #expect(part.output.split(separator: "\n") == Array(lines[5...9]))
        let none = try await run("events", "replay", "--until", "2000-01-01T00:00:00Z", "--all")
        #expect(none.status == 0 && none.output.isEmpty, "\(none.output)")
        let late = try await run("events", "replay", "--after", "2999-01-01T00:00:00Z", "--all")
        #expect(late.status == 0 && late.output.isEmpty, "\(late.output)")
        let receiver = try ScriptedHTTPServer(group: group)
        let refused = try await run("events", "replay", "--to", receiver.url, "--after", "\(cursors[0])")
        #expect(refused.status == 1 && refused.output.contains("--allow-loopback"), "\(refused.output)")
        #expect(receiver.requests.isEmpty)
        receiver.answer({ _ in HTTPResponse(status: 503, headers: ["Retry-After": "0"]) })
        let posted = try await run(
            "events", "replay", "--to", receiver.url, "--allow-loopback", "--after", "\(cursors[4])", "--until",
            "\(cursors[6])", "--all", "--json", "--secret", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz")
        #expect(posted.status == 0 && posted.output.contains("2 events were posted"), "\(posted.output)")
        #expect(
            receiver.requests.map { String(decoding: $0.body, as: UTF8.self) }
                == [lines[5], lines[5], lines[6]].map(String.init))
        #expect(receiver.requests.allSatisfy { $0.headers["webhook-signature"]?.hasPrefix("v1,") == true })
        #expect(receiver.requests[0].headers["webhook-id"] == "replay_\(cursors[5])")
        receiver.answer({ _ in HTTPResponse(status: 204) }, { _ in HTTPResponse(status: 404) })
        let stopped = try await run("events", "replay", "--to", receiver.url, "--allow-loopback", "--all")
        #expect(stopped.status == 1 && stopped.output.contains("--after \(cursors[0])"), "\(stopped.output)")

        // Who did it.
        let audit = try await run("audit", "--json")
        let entries = try #require(try json(audit.output)["entries"]?.array)
        let actions = Set(entries.compactMap { $0["action"]?.string })
        #expect(
            actions.isSuperset(of: [
                "user.created", "user.role_changed", "hook.created", "hook.deleted", "bot.created",
                "bot.token_rotated", "bot.deleted", "member.removed", "bridge.added", "bridge.changed",
                "bridge.resumed",
            ]), "\(actions)")
        #expect(entries.contains { $0["address"]?.string == "127.0.0.1" && $0["request_id"]?.string != nil })
        #expect(!audit.output.contains(secret) && !audit.output.contains("mbt_"))
        let table = try await run("audit", "--action", "bot.created")
        #expect(table.output.contains("bot:\(id)") && table.output.contains("admin"), "\(table.output)")
        let verdict = try await run("audit", "--verify", "--json")
        #expect(verdict.status == 0)
        let head = try #require(try json(verdict.output)["head"]?.string)
        #expect(try json(verdict.output)["rows"]?.integer == Int64(entries.count))
        #expect(try await run("audit", "--verify", "--head", head).status == 0)
        let forged = head.replacing(/:../) { $0.output == ":00" ? ":11" : ":00" }
        let fault = try await run("audit", "--verify", "--head", forged)
        #expect(fault.status == 1 && fault.output.contains("Row \(entries.count) was altered"), "\(fault.output)")

        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
        await target.stop()
        await receiver.stop()
    }

    @Test func `schemas are printed without a server`() async throws {
        let one = try await MartletProcess.run(["events", "schema", "message.created"])
        #expect(try json(one.output)["$schema"]?.string == "https://json-schema.org/draft/2020-12/schema")
        let all = try await MartletProcess.run(["events", "schema"])
        #expect(try json(all.output).object?.keys.sorted() == EventType.all.map(\.description).sorted())
        #expect(
            try await MartletProcess.run(["events", "schema", "message.creatde"]).output.contains("message.created"))
    }
}
