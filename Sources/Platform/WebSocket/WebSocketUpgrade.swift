package import HTTPTypes

/// Answers the request that opens a WebSocket connection (RFC 6455, section 4.2).
package enum WebSocketUpgrade {
    /// - Parameters:
    ///   - subprotocols: What this server speaks, best first; the first that the client offers is chosen.
    ///   - allowedOrigins: The values of `Origin` that browsers may come from; nil for any. A request without `Origin`
    ///     does not come from a browser and is allowed.
    ///   - onOpen: Gets the connection on its loop; must call `start` or `close` on it.
    /// - Returns: The upgrade, or a problem document that says what is wrong with the request.
    package static func respond(
        to request: HTTPRequest, limits: WebSocketLimits = WebSocketLimits(), subprotocols: [String] = [],
        allowedOrigins: [String]? = nil, onOpen: @escaping @Sendable (WebSocketConnection) -> Void
    ) -> HTTPResponse {
        let headers = request.headers
        guard request.method == .get, WebSocketHandshake.contains("Upgrade", headers, "websocket"),
            WebSocketHandshake.contains("Connection", headers, "upgrade")
        else {
            return refusal(
                426, "websocket_required", "This address speaks WebSocket; the request must ask for the upgrade.")
        }
        guard headers.all("Sec-WebSocket-Version") == ["13"] else {
            return refusal(426, "websocket_version", "The only WebSocket version that is spoken is 13.")
        }
        let keys = headers.all("Sec-WebSocket-Key")
        guard keys.count == 1, let key = keys.first, WebSocketHandshake.isKey(key) else {
            return HTTPResponse(
                problem: "websocket_key", status: 400, detail: "Sec-WebSocket-Key must be 16 bytes in base64.")
        }
        if let allowedOrigins, let origin = headers["Origin"],
            !allowedOrigins.contains(where: { $0.isEqualIgnoringCase(to: origin) })
        {
            return HTTPResponse(
                problem: "origin_not_allowed", status: 403, detail: "Pages of this origin may not connect.")
        }
        let offered = WebSocketHandshake.elements("Sec-WebSocket-Protocol", headers)
        let subprotocol = subprotocols.first { offered.contains($0) }
        var answer: HTTPHeaders = [
            "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Accept": WebSocketHandshake.accept(for: key),
        ]
        if let subprotocol { answer.add("Sec-WebSocket-Protocol", subprotocol) }
        return HTTPResponse(
            status: 101, headers: answer,
            body: .upgrade { stream in
                onOpen(
                    WebSocketConnection(stream: stream, isServer: true, limits: limits, subprotocol: subprotocol))
            })
    }

    /// What browsers and programs call this very server that `request` came to.
    package static func ownOrigins(_ request: HTTPRequest) -> [String] {
        request.headers["Host"].map { ["http://\($0)", "https://\($0)"] } ?? []
    }

    private static func refusal(_ status: Int, _ code: String, _ detail: String) -> HTTPResponse {
        HTTPResponse(
            problem: code, status: status, detail: detail,
            headers: ["Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"])
    }
}
