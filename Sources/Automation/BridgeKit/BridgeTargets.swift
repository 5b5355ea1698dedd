package import EventLoop
package import HTTPClient
package import Telemetry

/// Where a kind gets its way to the outside from.
///
/// A kind makes no client of its own: what it asks here reaches the world when the server runs the bridge, and a
/// recorder when somebody tries the bridge without effects.
package protocol BridgeTargets: Sendable {
    /// Makes a client for HTTP; whoever asked for it closes it.
    func http(_ configuration: HTTPClientConfiguration) -> any BridgeHTTPClient
    /// Makes a client that hands mail to relays; whoever asked for it closes it.
    func mail(_ configuration: HTTPClientConfiguration) -> any BridgeMailClient
}

extension BridgeTargets {
    /// With the limits of every client: the public internet alone for HTTP, any relay for mail.
    package func http() -> any BridgeHTTPClient { http(HTTPClientConfiguration()) }
    /// With the limits of every client.
    package func mail() -> any BridgeMailClient { mail(HTTPClientConfiguration()) }
}

/// Sends requests and waits for their answers.
package protocol BridgeHTTPClient: Sendable {
    /// - Throws: `HTTPClientError` when there is no answer; any status is one.
    func send(_ request: HTTPClientRequest) async throws -> HTTPClientResponse
    /// Ends what is in progress; what is sent later fails.
    func close()
}

/// Hands mail to relays.
package protocol BridgeMailClient: Sendable {
    /// - Throws: `HTTPClientError` when the relay took the mail for nobody.
    func sendMail(_ mail: SMTPDelivery) async throws -> SMTPReceipt
    /// Ends what is in progress; what is sent later fails.
    func close()
}

extension HTTPClient: BridgeHTTPClient, BridgeMailClient {}

/// The world itself.
package struct NetworkTargets: BridgeTargets {
    private let loops: EventLoopGroup
    private let logger: Logger

    package init(loops: EventLoopGroup, logger: Logger) {
        self.loops = loops
        self.logger = logger
    }

    package func http(_ configuration: HTTPClientConfiguration) -> any BridgeHTTPClient {
        HTTPClient(loop: loops.next(), configuration: configuration, logger: logger)
    }

    package func mail(_ configuration: HTTPClientConfiguration) -> any BridgeMailClient {
        HTTPClient(loop: loops.next(), configuration: configuration, logger: logger)
    }
}
