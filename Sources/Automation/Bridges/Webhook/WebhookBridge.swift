package import BridgeKit
import ChatModel
import Crypto
import EventLoop
import HTTPClient
import HTTPTypes
package import Settings

/// Posts every event to a URL, signed as Standard Webhooks 1.0.0 asks for.
///
/// The body is the event as all interfaces send it. `webhook-id` is the same at each try, so a receiver can tell a repeat.
package struct WebhookBridge: Bridge {
    package static let kind = "webhook"
    package static let summary = "Posts events to a URL, signed with Standard Webhooks."
    package static let settings = SettingsSpec {
        SettingKey(
            "url", .string, "Where events are posted to.", example: "https://example.org/hooks/martlet", required: true,
            validation: { TargetRules.problem(url: $0.string ?? "") })
        SettingKey(
            "secret", .string, "The signing key: whsec_ and base64 of 24 to 64 bytes.",
            example: "whsec_YSBwbGFjZWhvbGRlciwgYW5kIG5vdCBhIHNlY3JldCE=", required: true, secret: true,
            validation: {
                WebhookSecret(text: $0.string ?? "") == nil
                    ? "expected whsec_ and the base64 of 24 to 64 bytes (the value is hidden)" : nil
            })
        SettingKey("headers", .map(.string), "Further headers of each request.", default: [:], secret: true)
        SettingKey("timeout", .duration, "For one request.", default: "15s")
        SettingKey("format", .enumeration(["native"]), "The shape of the body.", default: "native")
        SettingKey(
            "allow", .list(.string), "Blocks of addresses beyond the public internet that may be reached.",
            default: [], example: ["10.1.0.0/16"],
            validation: { value in
                value.items.compactMap(\.string).first { CIDR($0) == nil }
                    .map { "expected a block of addresses such as 10.0.0.0/8, got \"\($0)\"" }
            })
    }
    package static let traits = BridgeTraits()

    private static let reserved: Set<String> = [
        "content-type", "content-length", "host", "transfer-encoding", "webhook-id", "webhook-timestamp",
        "webhook-signature",
    ]

    private let name: String
    private let url: String
    private let secret: WebhookSecret
    private let headers: [(String, String)]
    private let timeout: Duration
    private let client: any BridgeHTTPClient
    private let now: @Sendable () -> Int64

    package static func problems(in settings: Settings) -> [SettingsProblem] {
        var problems: [SettingsProblem] = []
        var seen: Set<String> = []
        for (name, value) in settings.stringMap("headers") {
            let path = "headers.\(name)"
            if reserved.contains(name.lowercased()) {
                problems.append(settings.problem(atKey: path, "this header is set by the bridge; leave it out"))
            } else if let problem = TargetRules.problem(header: name, value: value) {
                problems.append(settings.problem(atKey: path, problem))
            } else if !seen.insert(name.lowercased()).inserted {
                problems.append(settings.problem(atKey: path, "this header is given twice; expected it once"))
            }
        }
        let allowed = AddressPolicy.allowing(settings.strings("allow").compactMap { CIDR($0) })
        if let address = TargetRules.address(in: settings.string("url")), !allowed.permits(address) {
            problems.append(
                settings.problem(
                    at: "url", "the address is none of the public internet, so nothing reaches it; name it in `allow`"
                ).asWarning)
        }
        return problems
    }

    package init(settings: Settings, context: BridgeContext) throws {
        guard let secret = WebhookSecret(text: settings.string("secret")) else {
            throw BridgeSettingsError([settings.problem(at: "secret", "expected a signing key")])
        }
        let problems = Self.problems(in: settings).errors
        guard problems.isEmpty else { throw BridgeSettingsError(problems) }
        name = context.name
        url = settings.string("url")
        self.secret = secret
        headers = settings.stringMap("headers").map { ($0.key, $0.value) }
        timeout = settings.duration("timeout")
        var configuration = HTTPClientConfiguration()
        configuration.addressPolicy = .allowing(settings.strings("allow").compactMap { CIDR($0) })
        client = context.targets.http(configuration)
        now = context.now
    }

    package func handle(_ event: BridgeEvent) async throws {
        let id = "\(name)_\(event.cursor)"
        let time = now() / 1000
        var fields = HTTPHeaders(headers)
        fields["Content-Type"] = "application/json"
        fields["webhook-id"] = id
        fields["webhook-timestamp"] = "\(time)"
        fields["webhook-signature"] = WebhookSignature.standard(
            id: id, timestamp: time, body: event.json, secret: secret)
        let response: HTTPClientResponse
        do {
            response = try await client.send(
                HTTPClientRequest(
                    method: .post, url: url, headers: fields, body: event.json, timeout: timeout,
                    maximumResponseBytes: 64 << 10))
        } catch let error as HTTPClientError {
            // An answer that is too long is an answer; whether it was a good one is not known.
            throw TargetFailure.error(error, target: "the webhook's URL")
        }
        try Self.check(response)
    }

    static func check(_ response: HTTPClientResponse) throws(BridgeError) {
        let reason = "the webhook's URL answered \(response.status)"
        switch response.status {
        case 200..<300: return
        case 410: throw .giveUpAndPause(reason: "\(reason): the receiver is gone for good")
        case 300..<400: throw .retry(reason: "\(reason): redirects are not followed; set the final URL")
        case 502, 503, 504:
            throw .targetSilent(after: TargetFailure.retryAfter(response.headers), reason: reason)
        case 500...: throw .targetFailing(after: TargetFailure.retryAfter(response.headers), reason: reason)
        default: throw .retry(after: TargetFailure.retryAfter(response.headers), reason: reason)
        }
    }

    package func stop() async { client.close() }
}
