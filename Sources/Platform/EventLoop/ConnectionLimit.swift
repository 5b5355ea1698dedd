import Synchronization

/// How many connections a server takes, altogether and from one address.
///
/// An address is an IPv4 address or the 64-bit network of an IPv6 address, since a host has all of the latter.
package final class ConnectionLimit: Sendable {
    package enum Refusal: Error, Sendable {
        case full
        case address
    }

    /// One connection's place; it is given back when nobody holds it any more.
    package final class Place: Sendable {
        private let limit: ConnectionLimit
        private let network: IPAddress?

        fileprivate init(_ limit: ConnectionLimit, _ network: IPAddress?) {
            self.limit = limit
            self.network = network
        }

        deinit { limit.give(network) }
    }

    private struct State {
        var count = 0
        var byNetwork: [IPAddress: Int] = [:]
    }

    private let maximum: Int
    private let maximumPerAddress: Int
    private let exempt: PeerSet
    private let onChange: @Sendable (_ difference: Int) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - perAddress: For each address that is not in `exempt`.
    ///   - exempt: Proxies, behind which many clients stand; a peer at a Unix socket has no address to be counted by.
    package init(
        maximum: Int, perAddress: Int, exempt: PeerSet = PeerSet(),
        onChange: @escaping @Sendable (_ difference: Int) -> Void = { _ in }
    ) {
        self.maximum = maximum
        self.maximumPerAddress = perAddress
        self.exempt = exempt
        self.onChange = onChange
    }

    /// A place for one more connection from `address`.
    package func take(_ address: String) throws(Refusal) -> Place {
        let network = exempt.contains(address) ? nil : IPAddress(address)?.network
        let refusal: Refusal? = state.withLock { state in
            guard state.count < maximum else { return .full }
            if let network {
                guard state.byNetwork[network, default: 0] < maximumPerAddress else { return .address }
                state.byNetwork[network, default: 0] += 1
            }
            state.count += 1
            return nil
        }
        if let refusal { throw refusal }
        onChange(1)
        return Place(self, network)
    }

    private func give(_ network: IPAddress?) {
        state.withLock { state in
            state.count -= 1
            guard let network, let count = state.byNetwork[network] else { return }
            state.byNetwork[network] = count > 1 ? count - 1 : nil
        }
        onChange(-1)
    }
}
