import ChatModel
package import EventLoop
import Foundation
import HTTPClient
package import HTTPTypes
import Synchronization
import Telemetry

/// Calls a Martlet server's HTTP API.
///
/// ```swift
/// let client = try MartletClient(
///     url: "http://127.0.0.1:8080", credentials: .password(handle: "ada", password: "…"))
/// let channel = try await client.channel(named: "general")
/// try await client.send("Hello.", to: channel.id, nonce: "greeting-1")
/// ```
///
/// All calls throw ``MartletClientError`` and may be made from any task. Nothing is sent twice by itself: whether a call
/// that failed may be repeated, ``MartletClientError/isRetriable`` tells, and a `nonce` makes it safe.
public final class MartletClient: Sendable {
    /// An access token is renewed when it would end within this time.
    static let renewalMargin = Duration.seconds(90)

    let loop: EventLoop
    let baseURL: String
    /// What is dialled instead of the host of the URL.
    let unixSocket: String?
    /// Authorities in PEM that are trusted in place of the system's.
    let caFile: String?
    private let http: HTTPClient
    private let credentials: MartletCredentials
    private let timeout: Duration
    private let session = Mutex(SessionState())

    private struct SessionState {
        var tokens: Tokens?
        /// The renewal under way, which all callers share: a refresh token must not be used twice.
        var renewal: Task<Tokens, any Error>?
    }

    private struct Tokens: Sendable {
        var access: String
        var refresh: String
        var expiry: ContinuousClock.Instant
    }

    /// Prepares a client; nothing is sent before the first call.
    ///
    /// - Parameters:
    ///   - url: Where the server is: `http://host:port` or `https://…`, with the path that it is mounted at, if any, or
    ///     `unix:/path` for a Unix socket.
    ///   - credentials: Who calls.
    /// - Throws: ``MartletClientError`` with the code `bad_url`.
    public convenience init(url: String, credentials: MartletCredentials) throws {
        try self.init(url: url, credentials: credentials, loop: EventLoop(name: "martlet-client"))
    }

    /// - Parameters:
    ///   - timeout: For each call.
    ///   - caFile: Authorities in PEM to trust in place of the system's.
    package init(
        url: String, credentials: MartletCredentials, loop: EventLoop, timeout: Duration = .seconds(60),
        caFile: String? = nil
    ) throws {
        let scheme = url.prefix(8).lowercased()
        if scheme.hasPrefix("unix:") {
            guard case .unix(let path)? = SocketAddress("unix:" + url.dropFirst(5)) else {
                throw MartletClientError(
                    code: "bad_url",
                    detail:
                        "A Unix socket is named unix:/path, with a path shorter than \(SocketAddress.maximumPathLength) bytes, not \"\(url)\"."
                )
            }
            unixSocket = path
            baseURL = "http://localhost"
        } else if scheme.hasPrefix("http://") || scheme.hasPrefix("https://"), !url.contains("?"), !url.contains("#") {
            unixSocket = nil
            baseURL = url.hasSuffix("/") ? String(url.dropLast()) : url
        } else {
            throw MartletClientError(
                code: "bad_url",
                detail: "The server's address has the form http://host:port or unix:/path, not \"\(url)\".")
        }
        self.caFile = caFile
        self.loop = loop
        self.credentials = credentials
        self.timeout = timeout
        var configuration = HTTPClientConfiguration()
        // The person who runs the program has named the server.
        configuration.addressPolicy = .any
        configuration.trustedCertificates = caFile
        http = HTTPClient(loop: loop, configuration: configuration, logger: .silent)
    }

    // MARK: Tokens

    /// A token that is good for a while longer; logs in or renews when needed.
    public func accessToken() async throws -> String {
        let (handle, password): (String, String)
        switch credentials {
        case .token(let token): return token
        // A signature costs less than it takes to ask whether the last one is still good.
        case .operatorKey(let key): return try key.token()
        case .password(let name, let secret): (handle, password) = (name, secret)
        }
        let renewal = session.withLock { state -> Task<Tokens, any Error>? in
            if let tokens = state.tokens, tokens.expiry > .now + Self.renewalMargin { return nil }
            if let renewal = state.renewal { return renewal }
            let old = state.tokens
            // Ends with the server's answer or the request's time limit; shared, so that no caller's end cuts it off.
            let renewal = Task { try await self.renew(old, handle: handle, password: password) }
            state.renewal = renewal
            return renewal
        }
        if let renewal { return try await renewal.value.access }
        return session.withLock { $0.tokens?.access ?? "" }
    }

    /// Whether ``accessToken()`` would answer with another token than before.
    package var needsRenewal: Bool {
        guard case .password = credentials else { return false }
        return session.withLock { ($0.tokens?.expiry ?? .now) <= .now + Self.renewalMargin }
    }

    /// Logs in anew at the next call; for a server that does not know the old tokens.
    package func forgetTokens() { session.withLock { $0.tokens = nil } }

    private func renew(_ old: Tokens?, handle: String, password: String) async throws -> Tokens {
        struct LogIn: Encodable {
            var handle: String
            var password: String
        }
        struct Refresh: Encodable {
            var refresh_token: String
        }
        struct Answer: Decodable {
            var access_token: String
            var expires_in: Int64
            var refresh_token: String
        }
        do {
            var answer: Answer?
            if let old {
                do {
                    answer = try await call(
                        .post, "/v1/auth/refresh", Refresh(refresh_token: old.refresh), isOpen: true)
                } catch let error as MartletClientError where error.status == 401 {
                    // Used by a call whose answer was lost, or ended by an administrator: the password decides.
                }
            }
            let fresh =
                if let answer {
                    answer
                } else {
                    try await call(
                        .post, "/v1/auth/login", LogIn(handle: handle, password: password), isOpen: true) as Answer
                }
            let tokens = Tokens(
                access: fresh.access_token, refresh: fresh.refresh_token, expiry: .now + .seconds(fresh.expires_in))
            session.withLock { $0 = SessionState(tokens: tokens, renewal: nil) }
            return tokens
        } catch {
            session.withLock { $0.renewal = nil }
            throw error
        }
    }

    // MARK: Calls

    package struct NoBody: Codable, Sendable {
        package init() {}
    }

    /// Sends one request and reads the JSON of its answer.
    package func call<Answer: Decodable>(
        _ method: HTTPMethod, _ path: String, _ body: (some Encodable)? = NoBody?.none, isOpen: Bool = false
    ) async throws -> Answer {
        let bytes = try await answer(method, path, body, isOpen: isOpen)
        do {
            // What is answered without a body is asked for as an empty object.
            return try JSONDecoder().decode(Answer.self, from: bytes.isEmpty ? Data("{}".utf8) : Data(bytes))
        } catch {
            throw MartletClientError(
                code: "bad_answer", status: 200,
                detail: "The server's answer to \(method.rawValue) \(path) is not in the form that this client knows.")
        }
    }

    /// Sends one request; the bytes of its answer.
    package func answer(
        _ method: HTTPMethod, _ path: String, _ body: (some Encodable)? = NoBody?.none, isOpen: Bool = false,
        maximumBytes: Int = 16 << 20
    ) async throws -> [UInt8] {
        var headers: HTTPHeaders = ["Accept": "application/json"]
        if !isOpen { headers["Authorization"] = "Bearer \(try await accessToken())" }
        var bytes: [UInt8] = []
        if let body {
            headers["Content-Type"] = "application/json"
            bytes = Array(try JSONEncoder().encode(body))
        }
        let response: HTTPClientResponse
        do {
            response = try await http.send(
                HTTPClientRequest(
                    method: method, url: baseURL + path, headers: headers, body: bytes, timeout: timeout,
                    maximumResponseBytes: maximumBytes, unixSocket: unixSocket))
        } catch let error as HTTPClientError {
            throw MartletClientError(
                code: error.isRetriable ? "unreachable" : "http_failed",
                detail: "The server at \(unixSocket.map { "unix:\($0)" } ?? baseURL) does not answer: \(error.message)."
            )
        }
        guard (200..<300).contains(response.status) else {
            throw MartletClientError(
                status: response.status, body: response.body, retryAfter: response.headers["Retry-After"])
        }
        return response.body
    }

    /// A text as one segment of a path (RFC 3986, section 3.3).
    package static func segment(_ text: String) -> String { PercentEncoding.encode(text) }
}
