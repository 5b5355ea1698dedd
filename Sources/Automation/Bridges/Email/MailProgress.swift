import BridgeKit
import ChatModel
import Foundation

/// Who has got the mail of one message; kept only while somebody has not.
struct MailProgress: Sendable {
    private struct Kept: Codable {
        var reached: [String]
        var refused: [String]
        var tries: Int
        var since: Int64?
    }

    private static let firstWait: Int64 = 15_000
    private static let longestWait: Int64 = 3_600_000
    /// Milliseconds after the first refusal until which a recipient is tried: four days.
    private static let patience: Int64 = 4 * 86_400_000

    private let key: String
    /// In lower case, as in the other two.
    var reached: Set<String> = []
    /// For good.
    var refused: Set<String> = []
    /// Whether the relay refused somebody for good at this try, and not an earlier mail that came back.
    var wasRefused = false
    /// For the moment, and with what words.
    var waiting: [String: String] = [:]
    private var tries = 0
    private var since: Int64?
    /// Whether an earlier try has left something.
    private(set) var wasKept = false

    init(of message: MessageID, in store: any BridgeStore) async throws {
        key = "delivered.\(message)"
        guard let text = try await store.value(key) else { return }
        wasKept = true
        guard let kept = try? JSONDecoder().decode(Kept.self, from: Data(text.utf8)) else {
            // As earlier versions kept it: an address a line.
            reached = Set(text.split(separator: "\n").map { $0.lowercased() })
            return
        }
        reached = Set(kept.reached)
        refused = Set(kept.refused)
        tries = kept.tries
        since = kept.since
    }

    func isSettled(_ recipient: String) -> Bool {
        reached.contains(recipient.lowercased()) || refused.contains(recipient.lowercased())
    }

    /// Whether a further try would do something again that has been done.
    var isWorthKeeping: Bool { !reached.isEmpty || !refused.isEmpty }

    /// When those are tried again who were refused for the moment; nil when it has been long enough.
    mutating func nextTry(_ now: Int64) -> Int64? {
        let start = since ?? now
        since = start
        guard now - start < Self.patience else { return nil }
        let wait = min(Self.longestWait, Self.firstWait << Int64(min(tries, 10)))
        tries += 1
        return now + wait
    }

    mutating func save(in store: any BridgeStore) async throws {
        let kept = Kept(reached: reached.sorted(), refused: refused.sorted(), tries: tries, since: since)
        let text = String(decoding: try JSONEncoder().encode(kept), as: UTF8.self)
        try await store.set(text, for: key)
        wasKept = true
    }
}
