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
}
