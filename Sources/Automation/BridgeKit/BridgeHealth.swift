/// Takes word of a target that is away, from a bridge that learns of it before an event does.
public protocol BridgeHealth: Sendable {
    /// The target is away; the bridge is shown as down for this reason.
    func targetIsDown(_ reason: String)
    /// The target is back.
    func targetIsUp()
}

/// Nobody listens: for bridges that are only tried.
package struct NoHealth: BridgeHealth {
    package init() {}
    package func targetIsDown(_ reason: String) {}
    package func targetIsUp() {}
}
