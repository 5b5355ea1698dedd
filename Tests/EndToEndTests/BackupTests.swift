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

/// A copy of the data folder is put back, as an operator does who has no other backup.
@Suite(.timeLimit(.minutes(2)))
struct BackupTests {
    private func stop(_ server: MartletProcess) async throws {
        server.signal(SIGTERM)
        try await eventually("it has ended", within: .seconds(30)) { server.status != nil }
    }

    @Test func `readers with cursors from after the copy are told, at each gateway and however far it has come since`()
        async throws
    {
        let folder = try temporaryDirectory()
        var server = try await MartletProcess(folder: folder)
        var token = try await server.logIn()
        let bot = try await server.request(.post, "/v1/bots", token: token, #"{"handle":"listener"}"#)
        let botToken = try #require(bot["token"]?.string, "\(bot.text)")
        let before = try await server.request(.get, "/v1/events", token: token)
        try await stop(server)
        try copyFolder(folder + "/data", to: folder + "/copy")

        server = try await MartletProcess(folder: folder)
        token = try await server.logIn()
        // The cursor from before is good, under its name and without one, as clients of older versions show it.
        for name in ["&epoch=\(try #require(before["epoch"]?.string))", ""] {
            let page = try await server.request(
                .get, "/v1/events?after=\(try #require(before["cursor"]?.string))\(name)", token: token)
            #expect(page.status == 200, "\(page.text)")
        }
        for number in 1...5 {
            _ = try await server.request(
                .post, "/v1/channels", token: token, #"{"kind":"public","name":"c\#(number)"}"#)
        }
        var late = try await server.request(.get, "/v1/events", token: token)
        try await eventually("the events are told") {
            late = try await server.request(.get, "/v1/events", token: token)
            return late["cursor"] != before["cursor"]
        }
        let cursor = try #require(late["cursor"]?.string)
        let epoch = try #require(late["epoch"]?.string)
        try await stop(server)
        try FileManager.default.removeItem(atPath: folder + "/data")
        try FileManager.default.moveItem(atPath: folder + "/copy", toPath: folder + "/data")

        server = try await MartletProcess(folder: folder)
        token = try await server.logIn()
        for round in ["behind", "caught up"] {
            let page = try await server.request(.get, "/v1/events?after=\(cursor)&epoch=\(epoch)", token: token)
            #expect(page.status == 410 && page["code"]?.string == "cursor_unknown", "\(round): \(page.text)")
            let shown = #""cursor":"\#(cursor)","epoch":"\#(epoch)""#
            let client = try await SocketClient(server, token: token, start: #"{"op":"start",\#(shown)}"#)
            let robot = try await SocketClient(
                server, token: "none", path: "/v1/bot", start: #"{"op":"start","token":"\#(botToken)",\#(shown)}"#)
            for socket in [client, robot] {
                try await eventually("\(round): it has begun") { socket.count("ready") == 1 }
                #expect(socket.count("reload") == 1, "\(round)")
                #expect(socket.frames("ready").first?["epoch"]?.string != epoch)
                socket.close()
            }
            for number in 1...60 {
                _ = try await server.request(
                    .post, "/v1/channels", token: token, #"{"kind":"public","name":"d\#(round.count)-\#(number)"}"#)
            }
        }
        let present = try await server.request(.get, "/v1/events", token: token)
        #expect(try #require(present["cursor"]?.string.flatMap { Cursor($0) }) > #require(Cursor(cursor)))
        try await stop(server)
    }
}
