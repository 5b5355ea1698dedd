/// What a WebSocket connection may cost, and how its silence is judged.
package struct WebSocketLimits: Sendable {
    /// A whole message; a longer one closes the connection with 1009 before memory is taken for it.
    package var maximumMessageBytes = 1024 * 1024
    /// What may wait for a slow receiver; more closes the connection.
    package var maximumUnsentBytes = 1024 * 1024
    /// The close code for a receiver that is too slow: 1013, "try again later".
    package var slowReceiverCode: UInt16 = 1013
    /// A peer that has been silent for so long is asked for a sign of life.
    package var pingInterval: Duration = .seconds(25)
    /// How long that sign may take.
    package var pongTimeout: Duration = .seconds(10)
    /// How long the peer may take to answer a close frame.
    package var closeTimeout: Duration = .seconds(5)

    package init() {}
}
