/// Which peers are meant: blocks of addresses, and those that come by a Unix socket.
package struct PeerSet: Sendable, Equatable {
    package var blocks: [CIDR] = []
    package var includesUnix = false

    package init() {}

    /// - Parameter texts: Each an address, a block such as `10.0.0.0/8`, or `unix`.
    /// - Returns: Nil when one is none of these.
    package init?(_ texts: [String]) {
        for text in texts {
            if text == "unix" {
                includesUnix = true
            } else if let block = CIDR(text) {
                blocks.append(block)
            } else {
                return nil
            }
        }
    }

    package var isEmpty: Bool { blocks.isEmpty && !includesUnix }

    /// - Parameter address: As ``StreamConnection/remoteAddress`` has it.
    package func contains(_ address: String) -> Bool {
        if address == "unix" { return includesUnix }
        guard !blocks.isEmpty, let address = IPAddress(address) else { return false }
        return contains(address)
    }

    package func contains(_ address: IPAddress) -> Bool {
        blocks.contains { $0.contains(address) || address.unmapped.map($0.contains) ?? false }
    }
}
