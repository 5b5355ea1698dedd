package import EventLoop
package import HTTPClient
package import HTTPTypes
package import Settings

/// Something outside that a bridge depends on, as its file names it: to be tried without bringing an event.
package enum OutsideConnection: Sendable {
    /// Any answer to `method` will do; with `expectsSuccess` only one of 200 to 299.
    case http(
        method: HTTPMethod, url: String, headers: HTTPHeaders, policy: AddressPolicy, expectsSuccess: Bool)
    /// A relay, which greets by itself unless TLS comes first.
    case mailRelay(host: String, port: UInt16, greets: Bool)
    /// Where the bridge listens for mail itself.
    case mailListener(SocketAddress)
}

/// A kind that depends on something outside.
package protocol ConnectsOutside {
    /// What an instance with these settings would reach; nothing is made yet.
    static func connections(_ settings: Settings) -> [OutsideConnection]
}

extension MailRelay {
    static func connection(_ relay: Settings) -> OutsideConnection {
        .mailRelay(
            host: relay.string("host"), port: UInt16(clamping: relay.integer("port")),
            greets: relay.string("security") != "tls")
    }
}

extension WebhookBridge: ConnectsOutside {
    package static func connections(_ settings: Settings) -> [OutsideConnection] {
        // A receiver that knows no HEAD says so, which is an answer; a POST would be taken for an event.
        [
            .http(
                method: .head, url: settings.string("url"), headers: [:],
                policy: .allowing(settings.strings("allow").compactMap { CIDR($0) }), expectsSuccess: false)
        ]
    }
}

extension ElasticsearchBridge: ConnectsOutside {
    package static func connections(_ settings: Settings) -> [OutsideConnection] {
        var headers = HTTPHeaders()
        headers["Authorization"] = ElasticsearchClient.authorization(settings)
        return [
            .http(
                method: .get, url: settings.string("url"), headers: headers, policy: .any, expectsSuccess: true)
        ]
    }
}

extension EmailBridge: ConnectsOutside {
    package static func connections(_ settings: Settings) -> [OutsideConnection] {
        var connections: [OutsideConnection] = []
        if let address = settings.optionalString("listen").flatMap({ SocketAddress($0) }) {
            connections.append(.mailListener(address))
        }
        if let relay = settings.optionalSection("smtp") { connections.append(MailRelay.connection(relay)) }
        return connections
    }
}

extension WorkflowBridge: ConnectsOutside {
    package static func connections(_ settings: Settings) -> [OutsideConnection] {
        let policy = AddressPolicy.allowing(settings.strings("allow").compactMap { CIDR($0) })
        var seen: Set<String> = []
        let calls = StepReader.read(settings).steps.flatMap(\.calls).compactMap(\.knownOrigin)
            .filter { seen.insert($0).inserted }
            // A call's path may do something, its origin's root hardly ever.
            .map {
                OutsideConnection.http(
                    method: .head, url: "\($0)/", headers: [:], policy: policy, expectsSuccess: false)
            }
        return calls + (settings.optionalSection("smtp").map { [MailRelay.connection($0)] } ?? [])
    }
}

extension Step {
    /// The calls in this step and in those that it holds.
    fileprivate var calls: [CallStep] {
        switch action {
        case .call(let call): [call]
        case .branch(_, let then, let otherwise): (then + otherwise).flatMap(\.calls)
        case .each(_, let steps): steps.flatMap(\.calls)
        default: []
        }
    }
}

extension CallStep {
    /// Scheme, host and port, when they stand in the file; nil when a run fills them in.
    fileprivate var knownOrigin: String? {
        guard case .text(let start)? = url.pieces.first, let scheme = start.firstRange(of: "://") else { return nil }
        let authority = start[scheme.upperBound...]
        guard let end = authority.firstIndex(where: { "/?#".contains($0) }) else {
            return url.constant.map { _ in start }
        }
        return authority[..<end].isEmpty ? nil : String(start[..<end])
    }
}
