import EventLoop
import Foundation
import HTTPClient
import HTTPTypes
import Synchronization
import Telemetry

/// A program that posts to an incoming webhook, one message after the other, each until it is acknowledged.
final class HookWriter: Sendable {
    /// Its number among the writers.
    static let number = 100

    private let urls: [String]
    private let secret: String
    private let channel: Int64
    private let ledger: Ledger
    private let client: HTTPClient
    private let problems = Mutex<[String: Int]>([:])

    init(urls: [String], secret: String, channel: Int64, ledger: Ledger, loop: EventLoop) {
        self.urls = urls
        self.secret = secret
        self.channel = channel
        self.ledger = ledger
        var configuration = HTTPClientConfiguration()
        configuration.addressPolicy = .any
        client = HTTPClient(loop: loop, configuration: configuration, logger: .silent)
    }

    var refusals: [String: Int] { problems.withLock { $0 } }

    func run(until end: ContinuousClock.Instant, limit: ContinuousClock.Instant) async {
        var number = 0
        while ContinuousClock.now < end, !Task.isCancelled {
            let key = MessageKey(writer: Self.number, number: number)
            ledger.sending(key, to: channel)
            var tries = number
            while ContinuousClock.now < limit, !Task.isCancelled {
                if await post(key, to: urls[tries % urls.count]) { break }
                tries += 1
                try? await Task.sleep(for: .milliseconds(300))
            }
            number += 1
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    private func post(_ key: MessageKey, to url: String) async -> Bool {
        struct Posted: Decodable {
            var id: Int64
            var seq: Int64
            var channel_id: Int64
        }
        let request = HTTPClientRequest(
            method: .post, url: "\(url)/hooks/\(secret)?wait=true",
            headers: ["Content-Type": "application/json", "webhook-id": "\(key)"],
            body: Array(#"{"text":"\#(key.text)"}"#.utf8), timeout: .seconds(12))
        guard let response = try? await client.send(request) else { return false }
        guard response.status == 200,
            let posted = try? JSONDecoder().decode(Posted.self, from: Data(response.body))
        else {
            problems.withLock { $0["\(response.status) from the incoming webhook", default: 0] += 1 }
            return false
        }
        ledger.acknowledge(
            key, Place(id: posted.id, seq: posted.seq, channel: posted.channel_id), isDuplicate: false)
        return true
    }
}
