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

@Suite(.timeLimit(.minutes(3)))
struct PoisonTests {
    /// Kills the server that started it when it reads one word; takes everything else.
    private static let program = """
        import json, os, signal, sys, time
        for line in sys.stdin:
            message = json.loads(line)
            if message["op"] == "hello":
                print(json.dumps({"op": "ready"}), flush=True)
            elif message["op"] == "event":
                if message["event"]["data"]["text"] == "poison":
                    os.kill(os.getppid(), signal.SIGKILL)
                    time.sleep(1)
                    sys.exit(1)
                with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "done"), "a") as file:
                    file.write(message["event"]["data"]["text"] + "\\n")
                print(json.dumps({"op": "ack", "id": message["id"]}), flush=True)

        """

    @Test func `an event that kills the server three times is given up, and everything else is done`() async throws {
        let folder = try temporaryDirectory()
        let bridges = folder + "/data/bridges"
        try FileManager.default.createDirectory(atPath: bridges, withIntermediateDirectories: true)
        try Self.program.write(toFile: folder + "/program.py", atomically: true, encoding: .utf8)
        try """
        bridge: process
        name: fragile
        start: beginning
        settings: { command: [/usr/bin/env, python3, "\(folder)/program.py"], start_timeout: 30s }
        """.write(toFile: bridges + "/fragile.yaml", atomically: true, encoding: .utf8)
        var server = try await MartletProcess(folder: folder)
        var token = try await server.logIn()
        var channels: [Int64] = []
        for name in ["a", "b"] {
            let made = try await server.request(
                .post, "/v1/channels", token: token, #"{"kind":"public","name":"\#(name)"}"#)
            channels.append(try #require(made["id"]?.integer))
        }
        func say(_ text: String, in channel: Int64) async throws {
            let answer = try? await server.request(
                .post, "/v1/channels/\(channel)/messages", token: token, #"{"text":"\#(text)"}"#)
            // The server may be killed before its answer is there.
            #expect(answer == nil || answer?.status == 201, "\(answer?.text ?? "")")
        }
        func done() -> Set<String> {
            Set(
                ((try? String(contentsOfFile: folder + "/done", encoding: .utf8)) ?? "").split(separator: "\n").map(
                    String.init))
        }
        try await say("before", in: channels[0])
        try await eventually("the bridge works", within: .seconds(30)) { done() == ["before"] }
        try await say("poison", in: channels[0])
        var ends = 0
        while true {
            try await eventually("it is killed", within: .seconds(30)) { server.status != nil }
            #expect(server.status == SIGKILL)
            ends += 1
            guard ends < 3 else { break }
            // It may be killed before it is ready.
            if let next = try? await MartletProcess(folder: folder, waits: false) { server = next }
        }
        server = try await MartletProcess(folder: folder)
        token = try await server.logIn()
        try await say("after", in: channels[0])
        try await say("beside", in: channels[1])
        try await eventually("everything else is done", within: .seconds(30)) {
            done() == ["before", "after", "beside"]
        }
        let letters = try await server.request(.get, "/v1/bridges/fragile/dead-letters", token: token)
        let letter = try #require(letters["dead_letters"]?.array?.first, "\(letters.text)")
        #expect(letters["dead_letters"]?.array?.count == 1)
        #expect(letter["error"]?.string?.contains("ended 3 times in a row") == true, "\(letters.text)")
        #expect(letter["event"]?["data"]?["text"]?.string == "poison")
        #expect(server.status == nil)
        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
        #expect(server.status == 0)
    }

    @Test func `a number that no date has is null to a workflow, and the server lives on`() async throws {
        let folder = try temporaryDirectory()
        let bridges = folder + "/data/bridges"
        try FileManager.default.createDirectory(atPath: bridges, withIntermediateDirectories: true)
        try """
        bridge: workflow
        name: flow
        on: [message.created]
        settings:
          steps:
            - post: { channel: general, text: "at {{ event.data.content.t | date: '%d %b' | default: 'no time' }}" }
        """.write(toFile: bridges + "/flow.yaml", atomically: true, encoding: .utf8)
        let server = try await MartletProcess(folder: folder)
        let token = try await server.logIn()
        let made = try await server.request(.post, "/v1/channels", token: token, #"{"kind":"public","name":"general"}"#)
        let channel = try #require(made["id"]?.integer)
        _ = try await server.request(
            .post, "/v1/channels/\(channel)/messages", token: token,
            #"{"text":"x","content":{"t":-9223372036854775808}}"#)
        try await eventually("the workflow has answered", within: .seconds(30)) {
            try await server.request(.get, "/v1/channels/\(channel)/messages", token: token).text
                .contains("at no time")
        }
        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
        #expect(server.status == 0)
    }
}
