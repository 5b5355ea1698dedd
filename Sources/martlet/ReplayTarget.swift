import ChatModel
import Crypto
import EventLoop
import HTTPClient
import HTTPTypes
import Lifecycle
import Telemetry

/// Where `martlet events replay --to` posts events: one after the other, in the form of the `webhook` bridge.
final class ReplayTarget {
    struct Options: Equatable {
        var url: String
        /// The signing key of Standard Webhooks; unsigned when nil.
        var secret: String?
        var allowsLoopback = false
    }

    private static let attempts = 5
    private static let longestWait = Duration.seconds(60)

    private let url: String
    private let secret: WebhookSecret?
    private let isLoopbackRefused: Bool
    private let client: HTTPClient

    /// - Throws: ``UsageError`` for a URL or a key that is none.
    init(_ options: Options) throws(UsageError) {
        let scheme = options.url.prefix(8).lowercased()
        guard scheme.hasPrefix("http://") || scheme.hasPrefix("https://") else {
            throw UsageError("--to takes an http or https URL, not \"\(options.url)\".")
        }
        url = options.url
        if let text = options.secret {
            guard let key = WebhookSecret(text: text) else {
                throw UsageError("--secret takes whsec_ and the base64 of 24 to 64 bytes (the value is hidden).")
            }
            secret = key
        } else {
            secret = nil
        }
        isLoopbackRefused = !options.allowsLoopback
        var configuration = HTTPClientConfiguration()
        configuration.addressPolicy =
            options.allowsLoopback ? .allowing(["127.0.0.0/8", "::1/128"].compactMap { CIDR($0) }) : .publicOnly
        client = HTTPClient(loop: EventLoop(name: "replay"), configuration: configuration, logger: .silent)
    }

    /// Posts one event; tries again for a while when the target is away or busy.
    ///
    /// - Throws: ``ReplayFailure``.
    func post(_ event: [UInt8], at cursor: Cursor) async throws {
        let id = "replay_\(cursor)"
        var backoff = Backoff(first: .milliseconds(500), max: .seconds(10))
        for attempt in 1...Self.attempts {
            var failure: String
            var requested: Duration?
            do {
                let response = try await client.send(request(event, id: id))
                if (200..<300).contains(response.status) { return }
                failure = "\(url) answered \(response.status)"
                guard response.status == 429 || response.status >= 500 else { throw ReplayFailure(failure) }
                requested = response.headers["Retry-After"].flatMap { Int($0) }.map { .seconds($0) }
            } catch let error as HTTPClientError {
                guard error.isRetriable else { throw refusal(error) }
                failure = error.message
            }
            guard attempt < Self.attempts else { throw ReplayFailure(failure) }
            try await Task.sleep(for: min(Self.longestWait, max(backoff.next(), requested ?? .zero)))
        }
    }

    func close() { client.close() }

    private func request(_ event: [UInt8], id: String) -> HTTPClientRequest {
        let time = Timestamp.nowMilliseconds() / 1000
        var headers: HTTPHeaders = [
            "Content-Type": "application/json", "webhook-id": id, "webhook-timestamp": "\(time)",
        ]
        if let secret {
            headers["webhook-signature"] = WebhookSignature.standard(
                id: id, timestamp: time, body: event, secret: secret)
        }
        return HTTPClientRequest(
            method: .post, url: url, headers: headers, body: event, timeout: .seconds(30),
            maximumResponseBytes: 64 << 10)
    }

    private func refusal(_ error: HTTPClientError) -> ReplayFailure {
        let hint = error.code == .blockedAddress && isLoopbackRefused ? "; for this machine say --allow-loopback" : ""
        return ReplayFailure(error.message + hint)
    }
}

/// Why a replay did not go on, in a sentence.
struct ReplayFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
