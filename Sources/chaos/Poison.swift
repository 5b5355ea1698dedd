import ChatModel
import Foundation
import Glibc
import HTTPTypes
import MartletClient

/// An event that ends the process which handles it: the program of a bridge kills the one that started it.
///
/// After three such ends in a row the event has to be a dead letter, and the next one handled as if nothing had been.
struct Poison: Sendable {
    /// Nobody else talks there.
    static let channel = "poison"
    private static let killing = "kill"
    /// How often an event may end a process before it is put aside.
    static let limit = 3

    /// The program: kills its parent when it is told so.
    static func program() {
        struct Line: Decodable {
            struct Event: Decodable {
                struct Message: Decodable { var text: String? }
                var data: Message
            }
            var op: String
            var id: String?
            var event: Event?
        }
        while let text = readLine(strippingNewline: true) {
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)) else { exit(2) }
            switch line.op {
            case "hello": answer(#"{"op":"ready"}"#)
            case "event":
                guard let id = line.id else { exit(2) }
                if line.event?.data.text == killing {
                    kill(getppid(), SIGKILL)
                    // It ends with its parent.
                    pause()
                }
                answer(#"{"op":"ack","id":"\#(id)"}"#)
            default: break
            }
        }
    }

    private static func answer(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        guard write(1, bytes, bytes.count) == bytes.count else { exit(4) }
    }

    let owner: MartletClient
    private let channel: ChannelID

    init(owner: MartletClient) async throws {
        self.owner = owner
        channel = try await owner.createChannel(Self.channel).id
    }

    /// Says the word, and waits until the event is a dead letter.
    ///
    /// - Returns: What was not as it should be; nil when all was.
    func trial(_ cluster: Cluster, within limit: Duration = .seconds(150)) async -> String? {
        let deadline = ContinuousClock.now + limit
        let before = await letters(until: deadline) { _ in true } ?? 0
        let killed = cluster.killsByPoison
        cluster.expectsPoison(true)
        defer { cluster.expectsPoison(false) }
        guard await say(Self.killing, nonce: "poison-\(before)", until: deadline) else {
            return "the poisonous message was not taken within \(limit)"
        }
        guard await letters(until: deadline, where: { $0 > before }) != nil else {
            return "an event that kills its process was no dead letter after \(limit) and "
                + "\(cluster.killsByPoison - killed) ends"
        }
        let ends = cluster.killsByPoison - killed
        // A process that another fault has ended in the meantime is counted by that one.
        return ends > Self.limit ? "an event was tried \(ends) times though it killed its process each time" : nil
    }

    private func say(_ text: String, nonce: String, until deadline: ContinuousClock.Instant) async -> Bool {
        while ContinuousClock.now < deadline, !Task.isCancelled {
            do {
                _ = try await owner.send(text, to: channel, nonce: nonce)
                return true
            } catch {
                if (error as? MartletClientError)?.status == 401 { owner.forgetTokens() }
                try? await Task.sleep(for: .milliseconds(300))
            }
        }
        return false
    }

    /// How many events the bridge has given up, once that is `enough`; nil when it never was.
    private func letters(
        until deadline: ContinuousClock.Instant, where isEnough: (Int) -> Bool
    ) async -> Int? {
        struct List: Decodable {
            struct Letter: Decodable {}
            var dead_letters: [Letter]
        }
        while ContinuousClock.now < deadline, !Task.isCancelled {
            do {
                let list: List = try await owner.call(.get, "/v1/bridges/\(BridgeFiles.poison)/dead-letters")
                if isEnough(list.dead_letters.count) { return list.dead_letters.count }
            } catch {
                if (error as? MartletClientError)?.status == 401 { owner.forgetTokens() }
            }
            try? await Task.sleep(for: .milliseconds(300))
        }
        return nil
    }
}
