/// Whom a limit counts: 128 bits, whatever it was made of.
///
/// Texts from outside are hashed with a key of the process, so that a key takes the same room for every text, and nobody
/// can choose texts that meet. Numbers of our own are taken as they are.
package struct LimitKey: Sendable, Hashable {
    let high: UInt64
    let low: UInt64

    /// An id that the server itself gave out.
    package init(_ number: Int64) {
        high = 0
        low = UInt64(bitPattern: number)
    }

    /// A text of any length; its cost is that of reading it once, so bound it before.
    package init(text: String) {
        self.init { $0.combine(text) }
    }

    /// A client's address.
    ///
    /// Of IPv6 the network of 64 bits counts: whoever has one address has all of it (RFC 6177).
    package init(address: String) {
        guard address.utf8.contains(UInt8(ascii: ":")), let network = Self.network(address) else {
            self.init(text: address)
            return
        }
        self.init { hasher in
            hasher.combine(UInt8(6))
            for group in network { hasher.combine(group) }
        }
    }

    /// The same together with an id: one account from one address, say.
    package func with(_ number: Int64) -> LimitKey {
        LimitKey {
            $0.combine(high)
            $0.combine(low)
            $0.combine(number)
        }
    }

    /// The same together with a text of any length.
    package func with(text: String) -> LimitKey {
        LimitKey {
            $0.combine(high)
            $0.combine(low)
            $0.combine(text)
        }
    }

    /// For queues that take turns among keys.
    package var lane: UInt64 { low }

    /// The standard library's SipHash with the key that each process draws at its start, twice.
    private init(_ feed: (inout Hasher) -> Void) {
        var first = Hasher()
        first.combine(UInt8(1))
        feed(&first)
        var second = Hasher()
        second.combine(UInt8(2))
        feed(&second)
        high = UInt64(bitPattern: Int64(first.finalize()))
        low = UInt64(bitPattern: Int64(second.finalize()))
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(low) }

    /// The first four groups of an IPv6 address; nil for an IPv4 address in its clothes, and for what is none.
    private static func network(_ address: String) -> [UInt16]? {
        guard address.utf8.count <= 64 else { return nil }
        let bare = address.prefix { $0 != "%" }
        guard !bare.contains(".") else { return nil }
        let halves = bare.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for part in halves[0].split(separator: ":") {
            guard let group = UInt16(part, radix: 16) else { return nil }
            groups.append(group)
        }
        if halves.count == 2 {
            let tail = halves[1].split(separator: ":").count
            groups += Array(repeating: 0, count: max(0, 8 - groups.count - tail))
            for part in halves[1].split(separator: ":") {
                guard let group = UInt16(part, radix: 16) else { return nil }
                groups.append(group)
            }
        }
        return groups.count == 8 ? Array(groups.prefix(4)) : nil
    }
}
