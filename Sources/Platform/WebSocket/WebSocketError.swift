/// Why a WebSocket connection could not be opened, or ended before its time.
package struct WebSocketError: Error, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// The URL or a header cannot be sent as it is.
        case invalidRequest
        /// The server answered something else than the upgrade; its status, when there was one.
        case refused(status: Int?)
        case timeout
        /// The connection ended with this.
        case closed(WebSocketClose)
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
