import ChatModel
import Foundation
import HTTPTypes
import TestSupport
import Testing
import WebSocket

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite(.timeLimit(.minutes(2)))
struct ServeTests {
    /// Sends messages in one go, each with a nonce of its own.
    private func send(_ range: ClosedRange<Int>, to channel: Int64, _ client: SocketClient) {
        for number in range {
            client.send(
                #"{"op":"send","id":"\#(number)","channel_id":\#(channel),"text":"\#(number)","nonce":"n\#(number)"}"#)
        }
    }

    @Test func `nothing that was acknowledged is lost, doubled or out of order when the server is killed`()
        async throws
    {
        let folder = try temporaryDirectory()
        var server = try await MartletProcess(folder: folder)
        var token = try await server.logIn()
        let made = try await server.request(.post, "/v1/channels", token: token, #"{"kind":"public","name":"c"}"#)
        let channel = try #require(made["id"]?.integer)
        let total = 3000
        var acknowledged: [String: Int64] = [:]
        for round in 1...2 {
            let client = try await SocketClient(server, token: token)
            send(1...total, to: channel, client)
            try await eventually("some are acknowledged", within: .seconds(20)) { client.count("sent") >= 800 * round }
            try await server.crash()
            try await eventually("the connection has ended", within: .seconds(20)) { client.closing != nil }
            for frame in client.frames("sent") {
                let id = try #require(frame["id"]?.string)
                let seq = try #require(frame["seq"]?.integer)
                #expect(acknowledged[id] == nil || acknowledged[id] == seq)
                acknowledged[id] = seq
            }
            server = try await MartletProcess(folder: folder)
            token = try await server.logIn()
        }
        #expect(acknowledged.count >= 1600)
        // Whoever got no answer sends again.
        let client = try await SocketClient(server, token: token)
        send(1...total, to: channel, client)
        try await eventually("all are acknowledged", within: .seconds(30)) { client.count("sent") == total }
        client.close()
        for frame in client.frames("sent") {
            let id = try #require(frame["id"]?.string)
            if let seq = acknowledged[id] {
                #expect(frame["seq"]?.integer == seq, "message \(id) has moved")
                #expect(frame["duplicate"]?.bool == true, "message \(id) was lost")
            }
        }
        var messages: [JSONValue] = []
        while true {
            let page = try await server.request(
                .get, "/v1/channels/\(channel)/messages?after=\(messages.count)&limit=200", token: token)
            let more = try #require(page["messages"]?.array, "\(page.text)")
            messages += more
            if more.count < 200 { break }
        }
        #expect(messages.compactMap { $0["seq"]?.integer } == Array(1...Int64(total)))
        #expect(messages.compactMap { $0["text"]?.string } == (1...total).map(String.init))
        // The log tells of each of them once, in the same order.
        var cursor = "0-0"
        var told: [Int64] = []
        while told.count < total {
            let page = try await server.request(
                .get, "/v1/events?after=\(cursor)&types=message.created&limit=200&wait=5", token: token)
            let events = try #require(page["events"]?.array, "\(page.text)")
            if events.isEmpty { break }
            told += events.compactMap { $0["data"]?["seq"]?.integer }
            cursor = try #require(page["cursor"]?.string)
        }
        #expect(told == Array(1...Int64(total)))
        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
    }

    @Test func `two servers side by side know nothing of each other, and stop when they are asked to`() async throws {
        async let starting = MartletProcess(folder: try temporaryDirectory())
        let first = try await MartletProcess(folder: try temporaryDirectory())
        let second = try await starting
        let token = try await first.logIn()
        for server in [first, second] {
            #expect(try await server.request(.get, "/readyz").text == "ready\n")
            #expect(try await server.request(.get, "/healthz").status == 200)
        }
        #expect(try await second.request(.get, "/v1/me", token: token).status == 401)
        let document = try await first.request(.get, "/openapi.json")
        #expect(document["paths"]?["/v1/ws"]?["get"] != nil && document["paths"]?["/openapi.json"]?["get"] != nil)
        let metrics = try await first.request(.get, "/metrics").text
        #expect(metrics.contains("\nmartlet_relay_leader 1\n"))
        // A third one in the first one's folder is turned away and does it no harm.
        let third = try await MartletProcess.run(
            ["serve", "--listen", "127.0.0.1:0", "--data", first.folder + "/data"])
        #expect(third.status != 0)
        #expect(try await first.request(.get, "/readyz").status == 200)
        // Stopped with a connection open and a poll waiting.
        let client = try await SocketClient(first, token: token)
        try await eventually("the connection is ready") { client.count("ready") == 1 }
        async let poll = try? await first.request(.get, "/v1/events?wait=50", token: token)
        first.signal(SIGINT)
        second.signal(SIGTERM)
        for server in [first, second] {
            try await eventually("it stops", within: .seconds(10)) { server.status != nil }
            #expect(server.status == 0, "\(server.output.suffix(2000))")
            #expect(server.output.contains("server.stopped"))
        }
        #expect(client.closing?.code == 1012)
        _ = await poll
    }

    // MARK: The start

    /// What is wrong with the start, what the program says of it, and how to start all the same.
    @Test func `a server whose rules are broken does not listen, says why, and can be told to do without`() async throws
    {
        let folder = try temporaryDirectory()
        let bridges = folder + "/rules"
        try FileManager.default.createDirectory(atPath: bridges, withIntermediateDirectories: false)
        try "bridge: moderation\nsettings:\n  rules:\n    - { id: a, words: [x], acton: block }\n"
            .write(toFile: bridges + "/rules.yaml", atomically: true, encoding: .utf8)
        let arguments = [
            "serve", "--listen", "127.0.0.1:0", "--data", folder + "/data", "--set", "bridges.folders=\(bridges)",
        ]
        let refused = try await MartletProcess.run(arguments)
        #expect(refused.status == 1)
        #expect(refused.output.contains("\(bridges)/rules.yaml:4:"), "\(refused.output)")
        #expect(refused.output.contains("bridges.require=none"))
        #expect(!refused.output.contains("server.ready"))
        let server = try await MartletProcess(
            folder: folder, ["--set", "bridges.folders=\(bridges)", "--set", "bridges.require=none"])
        #expect(try await server.request(.get, "/readyz").status == 200)
        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
        #expect(server.status == 0)
    }

    @Test func `an address that somebody has is refused before anything is started`() async throws {
        let folder = try temporaryDirectory()
        let taken = try TakenPort()
        let file = folder + "/precious"
        try "precious".write(toFile: file, atomically: true, encoding: .utf8)
        for (address, words, advice) in [
            ("127.0.0.1:\(taken.port)", "Address already in use", "--listen 127.0.0.1:"),
            ("unix:\(file)", "there is a file that is no socket", "choose another path"),
        ] {
            let run = try await MartletProcess.run(["serve", "--listen", address, "--data", folder + "/data"])
            #expect(run.status == 1)
            #expect(run.output.contains("cannot listen on \(address): \(words)"))
            #expect(run.output.contains(advice))
            #expect(!FileManager.default.fileExists(atPath: folder + "/data/postgres"))
        }
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "precious")
        taken.free()
    }

    @Test func `a folder of bridges that is not there is told before anything is started`() async throws {
        let folder = try temporaryDirectory()
        let file = folder + "/martlet.yaml"
        try "bridges:\n  folders: [\(folder)/nowhere]\n".write(toFile: file, atomically: true, encoding: .utf8)
        let run = try await MartletProcess.run(["serve", "--config", file, "--data", folder + "/data"])
        #expect(run.status == 1)
        #expect(run.output.contains("\(file):2:"), "\(run.output)")
        #expect(run.output.contains("there is no folder \(folder)/nowhere"))
        #expect(!FileManager.default.fileExists(atPath: folder + "/data/postgres"))
    }

    @Test(arguments: ["redis.url=unix:%/nobody.sock", "database.url=postgres://nobody@127.0.0.1:9/nothing"])
    func `a start without one of its servers ends after its limit, and says which`(setting: String) async throws {
        let folder = try temporaryDirectory()
        let run = try await MartletProcess.run([
            "serve", "--listen", "127.0.0.1:0", "--data", folder + "/data", "--set",
            setting.replacingOccurrences(of: "%", with: folder), "--set", "start_limit=1s",
        ])
        #expect(run.status == 1)
        let name = setting.hasPrefix("redis") ? "redis" : "postgres"
        #expect(run.output.contains("martlet: \(name): not ready within 1"), "\(run.output)")
        #expect(!run.output.contains("server.ready"))
    }

    @Test func `the first message that is accepted is judged`() async throws {
        let folder = try temporaryDirectory()
        let first = try await MartletProcess(folder: folder)
        let token = try await first.logIn()
        let made = try await first.request(.post, "/v1/channels", token: token, #"{"kind":"public","name":"c"}"#)
        let channel = try #require(made["id"]?.integer)
        first.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { first.status != nil }
        let bridges = folder + "/data/bridges"
        try FileManager.default.createDirectory(atPath: bridges, withIntermediateDirectories: true)
        // Many words take a while to compile.
        let words = (0..<4000).map { "w\(String($0, radix: 5)) x\($0)" } + ["blockhead"]
        try words.joined(separator: "\n").write(toFile: folder + "/words", atomically: true, encoding: .utf8)
        try "bridge: moderation\nsettings: { rules: [{ id: a, words_file: \(folder)/words, action: block }] }\n"
            .write(toFile: bridges + "/rules.yaml", atomically: true, encoding: .utf8)
        let taken = try TakenPort()
        taken.free()
        let port = taken.port
        let starting = Task { try await MartletProcess(folder: folder, ["--listen", "127.0.0.1:\(port)"]) }
        var answer: MartletProcess.Answer?
        try await eventually("somebody answers", within: .seconds(60)) {
            answer = try? await MartletProcess.request(
                .post, "http://127.0.0.1:\(port)/v1/channels/\(channel)/messages", token: token,
                #"{"text":"you blockhead"}"#)
            return answer != nil
        }
        #expect(answer?.status == 422 || answer?.status == 403, "\(answer?.text ?? "")")
        #expect(answer?["code"]?.string == "message_blocked", "\(answer?.text ?? "")")
        let server = try await starting.value
        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
    }
}
