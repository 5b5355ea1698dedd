package import EventLoop

/// Says which addresses may be dialled, whatever name or spelling led to them.
///
/// A server that fetches what its users name must not be led to the machines behind it (server-side request forgery).
/// The check is made on the address of every socket that is about to be connected, so a name whose answer changes
/// between a check and its use gains nothing.
package struct AddressPolicy: Sendable {
    private let allowsAll: Bool
    private let allowed: [CIDR]

    /// The public internet alone.
    package static let publicOnly = AddressPolicy(allowsAll: false, allowed: [])
    /// Every address: for peers that the operator has named.
    package static let any = AddressPolicy(allowsAll: true, allowed: [])
    /// The public internet and `blocks`.
    package static func allowing(_ blocks: [CIDR]) -> AddressPolicy {
        AddressPolicy(allowsAll: false, allowed: blocks)
    }

    package func permits(_ address: IPAddress) -> Bool {
        if allowsAll { return true }
        if allowed.contains(where: { $0.contains(address) }) { return true }
        if let inner = address.embeddedV4 { return permits(inner) }
        switch address.family {
        case .v4: return !Self.special.contains { $0.contains(address) }
        case .v6: return Self.globalUnicast.contains(address) && !Self.special.contains { $0.contains(address) }
        }
    }

    /// What is handed out as public in IPv6 (RFC 4291, section 2.4): loopback, link-local, unique local, multicast,
    /// discard and IPv4-compatible addresses all lie outside.
    private static let globalUnicast = block("2000::/3")

    /// The registries of special-purpose addresses (RFC 6890): what does not lead to a host of the public internet.
    private static let special: [CIDR] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "3fff::/20",
    ].map(block)

    private static func block(_ text: String) -> CIDR {
        guard let block = CIDR(text) else { preconditionFailure("\(text) is no block of addresses") }
        return block
    }
}
