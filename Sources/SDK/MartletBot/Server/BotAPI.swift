import Foundation
import HTTPTypes
import Lifecycle
import Synchronization

/// Speaks REST with the server: retries what may succeed later, waits when the server says so.
///
/// A request is repeated only if a repeat does no harm: posts carry a nonce, everything else asks or sets.
final class BotAPI: Sendable {
    private static let tries = 6
    /// A wait that the server asks for is granted up to here; longer ones are the handler's to know.
    private static let longestWait = Duration.seconds(30)

    private let transport: any BotTransport
    private let clock: any BotClock
    private let users: LookupCache<User>
    private let channels: LookupCache<Channel>
    /// Until when the server wants no request from this bot.
    private let quietUntil = Mutex<Date?>(nil)
    private let encoder = JSONEncoder()
    private let decoder = JSONDecoder()

    init(transport: any BotTransport, clock: any BotClock) {
        self.transport = transport
        self.clock = clock
        users = LookupCache(clock: clock)
        channels = LookupCache(clock: clock)
    }

    // MARK: Messages

    private struct NewMessage: Encodable {
        var text: String
        var nonce: String
        var thread_root_id: MessageID?
        var content: JSONValue?
        var hops: Int
    }

    func post(
        _ text: String, in channel: ChannelID, threadRoot: MessageID?, content: JSONValue?, nonce: String,
        hops: Int
    ) async throws -> Message {
        let body = NewMessage(text: text, nonce: nonce, thread_root_id: threadRoot, content: content, hops: hops)
        return try await call("POST", "/v1/channels/\(channel)/messages", body)
    }

    func message(id: MessageID) async throws -> Message? { try await find("/v1/messages/\(id)") }

    func edit(_ message: MessageID, to text: String) async throws -> Message {
        try await call("PATCH", "/v1/messages/\(message)", ["text": text])
    }

    func delete(_ message: MessageID) async throws { try await remove("/v1/messages/\(message)") }

    func react(_ emoji: String, to message: MessageID) async throws {
        _ = try await send(APIRequest("PUT", "/v1/messages/\(message)/reactions/\(emoji.pathEncoded)"))
    }

    func unreact(_ emoji: String, from message: MessageID) async throws {
        try await remove("/v1/messages/\(message)/reactions/\(emoji.pathEncoded)")
    }

    // MARK: Users and channels

    func user(id: UserID) async throws -> User? {
        try await users.value(for: "/v1/users/\(id)") { try await find($0) }
    }

    func user(handle: String) async throws -> User? {
        try await users.value(for: "/v1/users/by-handle/\(handle.pathEncoded)") { try await find($0) }
    }

    func channel(id: ChannelID) async throws -> Channel? {
        try await channels.value(for: "/v1/channels/\(id)") { try await find($0) }
    }

    func channel(name: String) async throws -> Channel? {
        try await channels.value(for: "/v1/channels/by-name/\(name.pathEncoded)") { try await find($0) }
    }

    private struct MemberList: Decodable {
        var members: [Member]
        var next: JSONValue?
    }

    func members(of channel: ChannelID) async throws -> [Member] {
        var all: [Member] = []
        var query = ""
        while all.count < 10_000 {
            let page: MemberList = try await call("GET", "/v1/channels/\(channel)/members\(query)")
            all += page.members
            guard !page.members.isEmpty, let next = page.next?.string ?? page.next?.integer.map(String.init) else {
                break
            }
            query = "?after=\(next.pathEncoded)"
        }
        return all
    }

    // MARK: Requests

    private func find<Answer: Decodable>(_ path: String) async throws -> Answer? {
        do {
            return try await call("GET", path)
        } catch let error as BotError where error.status == 404 {
            return nil
        }
    }

    /// Deletes; what is gone already may have gone by the first of two tries.
    private func remove(_ path: String) async throws {
        do {
            _ = try await send(APIRequest("DELETE", path))
        } catch let error as BotError where error.status == 404 {
            return
        }
    }

    private func call<Answer: Decodable>(_ method: String, _ path: String) async throws -> Answer {
        try decode(try await send(APIRequest(method, path)))
    }

    private func call<Answer: Decodable>(_ method: String, _ path: String, _ body: some Encodable) async throws
        -> Answer
    {
        try decode(try await send(APIRequest(method, path, body: [UInt8](try encoder.encode(body)))))
    }

    private func decode<Answer: Decodable>(_ response: APIResponse) throws -> Answer {
        do {
            return try decoder.decode(Answer.self, from: Data(response.body))
        } catch {
            throw BotError(.badAnswer, "the server's answer is no \(Answer.self)", underlying: error)
        }
    }

    private func send(_ request: APIRequest) async throws -> APIResponse {
        var backoff = Backoff(first: .milliseconds(200), max: .seconds(5))
        var failure = BotError(.connectionLost, "the server cannot be reached")
        for attempt in 1...Self.tries {
            try await waitWhileQuiet()
            do {
                let response = try await transport.exchange(request)
                if (200..<300).contains(response.status) { return response }
                failure = Self.problem(response)
            } catch is CancellationError {
                throw CancellationError()
            } catch let error as BotError {
                throw error
            } catch {
                failure = BotError(.connectionLost, "the server cannot be reached", underlying: error)
            }
            guard failure.isTransient, attempt < Self.tries else { break }
            if let wait = failure.retryAfter {
                guard wait <= Self.longestWait else { break }
                // A channel's slow mode is no reason to be silent elsewhere.
                let isForAll = failure.status == 429 && failure.code != .slowMode
                if isForAll { quieten(for: wait) } else { try await clock.pause(for: wait) }
            } else {
                try await clock.pause(for: backoff.next())
            }
        }
        throw failure
    }

    /// One answer 429 holds back every request of this bot, not only the one that got it.
    private func quieten(for wait: Duration) {
        let until = clock.now() + wait.timeInterval
        quietUntil.withLock { $0 = max($0 ?? until, until) }
    }

    private func waitWhileQuiet() async throws {
        guard let until = quietUntil.withLock({ $0 }) else { return }
        let left = until.timeIntervalSince(clock.now())
        // The time of day may have been set meanwhile: never wait for longer than the server can have asked.
        if left > 0 { try await clock.pause(for: min(.seconds(left), Self.longestWait)) }
        quietUntil.withLock { if $0 == until { $0 = nil } }
    }

    private struct Problem: Decodable {
        var code: String?
        var title: String?
        var detail: String?
    }

    private static func problem(_ response: APIResponse) -> BotError {
        let problem = try? JSONDecoder().decode(Problem.self, from: Data(response.body))
        return BotError(
            BotError.Code(rawValue: problem?.code ?? "http_\(response.status)"),
            problem?.detail ?? problem?.title ?? "the server answered with the status \(response.status)",
            status: response.status, retryAfter: response.retryAfter)
    }
}

extension String {
    /// As one segment of a path: everything but unreserved characters is percent-encoded (RFC 3986, section 2).
    package var pathEncoded: String { PercentEncoding.encode(self) }
}
