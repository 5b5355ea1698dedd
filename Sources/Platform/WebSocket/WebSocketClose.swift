/// How a WebSocket connection ended (RFC 6455, section 7.4).
package struct WebSocketClose: Sendable, Equatable, CustomStringConvertible {
    /// The status code; 1005 when the peer's close frame had none, 1006 when the connection broke off without one.
    package var code: UInt16
    package var reason: String
    /// Whether the peer began it.
    package var isRemote: Bool

    package init(code: UInt16, reason: String = "", isRemote: Bool) {
        self.code = code
        self.reason = reason
        self.isRemote = isRemote
    }

    package var description: String {
        let cause = reason.isEmpty ? "" : " (\(reason))"
        return "\(code)\(cause), by \(isRemote ? "the peer" : "this side")"
    }

    static let protocolError: UInt16 = 1002
    static let noStatus: UInt16 = 1005
    static let abnormal: UInt16 = 1006

    /// Whether `code` may stand in a close frame.
    static func isValid(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
