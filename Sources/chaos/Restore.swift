import ChatModel
import EventLoop
import Foundation
import HTTPTypes
import Lifecycle
import MartletClient
import Subprocess
import Synchronization
import WebSocket

/// Puts a backup back after the run, and asks whether readers are told who know of a time that never was.
///
/// The backup is a cold copy of PostgreSQL's folder, which says nothing of its having gone back. What readers hold is a
/// cursor from after the copy was made; they show it at once, and again when the restored database has used as many
/// transaction numbers as the lost one.
struct Restore {
    /// How many messages are lost with what came after the copy, and how many make up for them.
    private static let lost = 50
    private static let later = 200

    let cluster: Cluster
    let cast: Cast
    let loop: EventLoop
    let note: @Sendable (String) -> Void

    private struct Page: Decodable {
        struct Event: Decodable { var type: String }
        var events: [Event]
        var cursor: String
        /// The name of the log that gave the cursor; readers show both.
        var epoch: String?
    }

    /// - Returns: How many readers were told, and what was not as it should be.
    func run() async throws -> (told: Int, broken: [String]) {
        let copy = cluster.folder + "/postgres.copy"
        note("taking a cold copy of PostgreSQL's folder")
        await cluster.halt()
        try await copyFolder(cluster.data + "/postgres", to: copy)
        try await resume()
        try await say(Self.lost, "after the copy")
        let stale = try await page(nil)

        note("putting the copy back")
        await cluster.halt()
        try FileManager.default.removeItem(atPath: cluster.data + "/postgres")
        try await copyFolder(copy, to: cluster.data + "/postgres")
        // A process that meets what was read before the copy was put back may end, to be started anew.
        cluster.expectsSetBack(true)
        try await resume()
        cast.owner.forgetTokens()
        cluster.expectsSetBack(false)
        var broken: [String] = []
        var told = try await ask(stale, "at once", &broken)
        let begin = try await page(nil)
        try await say(Self.later, "after the restore")
        told += try await ask(stale, "when transaction numbers had caught up", &broken)

        var seen = 0
        var after = begin
        while true {
            let page = try await page(after)
            seen += page.events.count { $0.type == "message.created" }
            if page.events.isEmpty { break }
            after = Page(events: [], cursor: page.cursor, epoch: page.epoch ?? after.epoch)
        }
        if seen != Self.later { broken.append("of \(Self.later) messages after the restore a reader saw \(seen)") }
        return (told, broken)
    }

    private func resume() async throws {
        try await cluster.start()
        try await cluster.waitUntilReady()
    }

    private func copyFolder(_ from: String, to: String) async throws {
        // Owners and times too, which a copy by this program would lose.
        let child = try ChildProcess.start(
            ChildProcess.Command(arguments: ["/usr/bin/cp", "-a", from, to], log: "/dev/null"))
        await child.ended.wait()
        guard child.ending == .code(0) else { throw ChaosError("cannot copy \(from) to \(to)") }
    }

    private func say(_ count: Int, _ text: String) async throws {
        for number in 0..<count {
            _ = try await cast.owner.send("\(text) \(number)", to: cast.channels[0].id, nonce: "\(text)-\(number)")
        }
    }

    private func page(_ after: Page?) async throws -> Page {
        // What was said last may not have reached the log's readers yet.
        if after == nil { try await Task.sleep(for: .seconds(2)) }
        let query =
            after.map { page in
                "?after=\(page.cursor)" + (page.epoch.map { "&epoch=\($0)" } ?? "") + "&limit=200&wait=1"
            } ?? ""
        return try await cast.owner.call(.get, "/v1/events\(query)")
    }

    // MARK: Who has to be told

    private func ask(_ stale: Page, _ when: String, _ broken: inout [String]) async throws -> Int {
        var told = 0
        func count(_ name: String, _ answer: String, _ isRight: Bool) {
            if isRight { told += 1 } else { broken.append("\(name) with a stale cursor \(when) got: \(answer)") }
        }
        do {
            let page = try await page(stale)
            count("a long poll", "\(page.events.count) events", false)
        } catch let error as MartletClientError {
            count("a long poll", "\(error)", error.status == 410)
        }
        let place = #""cursor":"\#(stale.cursor)","epoch":"\#(stale.epoch ?? "")""#
        let token = try await cast.owner.accessToken()
        let person = await firstWord(
            "/v1/ws", ["Authorization": "Bearer \(token)"], #"{"op":"start",\#(place)}"#)
        count("a person's socket", person ?? "nothing", person == "reload")
        let bot = await firstWord(
            "/v1/bot", [:],
            #"{"op":"start","token":"\#(cast.botToken)","events":["message.created"],\#(place)}"#)
        count("a bot", bot ?? "nothing", bot == "reload" || bot == "gap")
        return told
    }

    /// The `op` of the first frame that is not a greeting.
    private func firstWord(_ path: String, _ headers: HTTPHeaders, _ start: String) async -> String? {
        guard
            let socket = try? await WebSocketConnection.connect(
                url: "ws" + cluster.urls[0].dropFirst(4) + path, headers: headers, on: loop)
        else { return nil }
        let box = Words()
        loop.execute {
            socket.start(
                onText: { text in
                    struct Op: Decodable { var op: String }
                    guard let op = try? JSONDecoder().decode(Op.self, from: Data(text.utf8)).op else { return }
                    box.add(op)
                }, onBinary: { _ in }, onClose: { _ in box.add("closed") })
            socket.send(text: start)
        }
        let deadline = ContinuousClock.now + .seconds(5)
        while ContinuousClock.now < deadline {
            if let word = box.all.first(where: { $0 != "hello" }) {
                socket.close()
                return word
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
        socket.close()
        return nil
    }

    private final class Words: Sendable {
        private let words = Mutex<[String]>([])
        var all: [String] { words.withLock { $0 } }
        func add(_ word: String) { words.withLock { $0.append(word) } }
    }
}
