import Crypto
import EventLoop
import Foundation
import HTTPServer
import Settings

/// The section `http` of the configuration.
enum HTTPSettings {
    static let spec = SettingsSpec {
        SettingKey("maximum_body", .byteSize, "The largest body that a request may have.", default: "8MiB")
        SettingKey("idle_timeout", .duration, "How long a connection may stay silent.", default: "75s")
        SettingKey(
            "allowed_origins", .list(.string), "Web pages that may call the API and the WebSocket; * for all.",
            default: [])
        SettingKey(
            "maximum_connections", .integer(1...1_000_000),
            "Connections at once, WebSockets included; fewer when the system gives the process fewer descriptors.",
            default: 50_000)
        SettingKey(
            "connections_per_address", .integer(0...1_000_000),
            "Connections at once from one address that is no trusted proxy's; 0 means half of all.", default: 0)
        SettingKey(
            "trusted_proxies", .list(.string),
            "Proxies in front that are believed when they name their clients: addresses, blocks such as 10.0.0.0/8, or unix for those that come by a Unix socket.",
            default: []
        ) {
            PeerSet($0.items.map { $0.string ?? "" }) == nil
                ? "must hold addresses, blocks such as 10.0.0.0/8, or unix" : nil
        }
        SettingKey(
            "forwarded_field", .enumeration(ForwardedFor.Field.allCases.map(\.rawValue)),
            "Where trusted proxies name their clients; auto takes X-Forwarded-For where there is one, otherwise Forwarded. Name the field that yours writes if it passes the other on as it came.",
            default: "auto")
        SettingKey(
            "proxy_protocol", .boolean,
            "Whether every connection comes from a trusted proxy and begins with the PROXY protocol, version 1 or 2.",
            default: false)
    }
}

extension HTTPServerConfiguration {
    /// - Throws: `UsageError` for settings that do not go together, and ``SettingsFailure`` when the certificate cannot be
    ///   used.
    init(_ settings: Settings, _ budget: ConnectionBudget) throws {
        guard let address = SocketAddress(settings.string("listen")),
            let proxies = PeerSet(settings.strings("http.trusted_proxies"))
        else { preconditionFailure("the settings were checked") }
        self.init(address: address)
        maximumBodyBytes = settings.integer("http.maximum_body")
        idleTimeout = settings.duration("http.idle_timeout")
        maximumConnections = budget.connections
        let perAddress = settings.integer("http.connections_per_address")
        maximumConnectionsPerAddress = perAddress > 0 ? perAddress : max(1, budget.connections / 2)
        forwarded = ForwardedFor(
            trusted: proxies, field: ForwardedFor.Field(rawValue: settings.string("http.forwarded_field")) ?? .auto)
        usesProxyProtocol = settings.boolean("http.proxy_protocol")
        guard !usesProxyProtocol || !proxies.isEmpty else {
            throw UsageError("http.proxy_protocol needs http.trusted_proxies: nobody else may name clients.")
        }
        let files = ServerTLS(settings, now: Int64(Date().timeIntervalSince1970))
        guard files.problems.isEmpty else { throw SettingsFailure(problems: files.problems) }
    }
}

extension TLSServerContext {
    /// The certificate and the key of the settings, which are in one file when only that is named.
    static func files(_ settings: Settings) -> (certificate: String, key: String)? {
        settings.optionalString("tls.certificate").map { ($0, settings.optionalString("tls.key") ?? $0) }
    }
}
