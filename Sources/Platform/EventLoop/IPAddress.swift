#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// An IPv4 or IPv6 address as a number, in host byte order.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    package enum Family: Sendable, Hashable {
        case v4, v6
    }

    package let family: Family
    let bits: UInt128

    init(v4 bits: UInt32) {
        self.family = .v4
        self.bits = UInt128(bits)
    }

    init(v6 bits: UInt128) {
        self.family = .v6
        self.bits = bits
    }

    /// Reads `127.0.0.1` or `::1`; no other spelling.
    package init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(v4: withUnsafeBytes(of: &four) { UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)) })
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            self.init(v6: withUnsafeBytes(of: &six) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) })
        } else {
            return nil
        }
    }

    /// Reads a `sockaddr_in` or `sockaddr_in6`; nil for other families and for too few bytes.
    package init?(socketAddress raw: UnsafeRawBufferPointer) {
        guard raw.count >= MemoryLayout<sa_family_t>.size else { return nil }
        switch Int32(raw.loadUnaligned(as: sockaddr.self).sa_family) {
        case AF_INET where raw.count >= MemoryLayout<sockaddr_in>.size:
            let address = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            self.init(v4: UInt32(bigEndian: address.s_addr))
        case AF_INET6 where raw.count >= MemoryLayout<sockaddr_in6>.size:
            var address = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            self.init(v6: withUnsafeBytes(of: &address) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) })
        default: return nil
        }
    }

    /// - Parameter bytes: Four or sixteen, in network order.
    init?(bytes: some Collection<UInt8>) {
        let bits = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        switch bytes.count {
        case 4: self.init(v4: UInt32(truncatingIfNeeded: bits))
        case 16: self.init(v6: bits)
        default: return nil
        }
    }

    /// The IPv4 address that stands in an IPv6 one where both come to one socket: `::ffff:192.0.2.1`.
    package var unmapped: IPAddress? {
        family == .v6 && bits >> 32 == 0xFFFF ? IPAddress(v4: UInt32(truncatingIfNeeded: bits)) : nil
    }

    /// What one host is counted by: an IPv4 address, or the first 64 bits of an IPv6 address.
    package var network: IPAddress {
        if let unmapped { return unmapped }
        return family == .v4 ? self : IPAddress(v6: (bits >> 64) << 64)
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let result =
            switch family {
            case .v4:
                withUnsafeBytes(of: UInt32(truncatingIfNeeded: bits).bigEndian) {
                    inet_ntop(AF_INET, $0.baseAddress, &text, socklen_t(text.count))
                }
            case .v6:
                withUnsafeBytes(of: bits.bigEndian) {
                    inet_ntop(AF_INET6, $0.baseAddress, &text, socklen_t(text.count))
                }
            }
        guard result != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The IPv4 address that an IPv6 address leads to: mapped (RFC 4291), NAT64 (RFC 6052) or 6to4 (RFC 3056).
    package var embeddedV4: IPAddress? {
        guard family == .v6 else { return nil }
        switch bits >> 32 {
        case 0xFFFF, 0x0064_FF9B << 64: return IPAddress(v4: UInt32(truncatingIfNeeded: bits))
        default: break
        }
        return bits >> 112 == 0x2002 ? IPAddress(v4: UInt32(truncatingIfNeeded: bits >> 80)) : nil
    }
}

/// A block of addresses: `10.0.0.0/8`, `fd00::/8`, or one address alone.
package struct CIDR: Sendable, Hashable, CustomStringConvertible {
    package let address: IPAddress
    package let prefixLength: Int

    /// - Returns: nil when `text` is no address, or its prefix length does not fit.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        let width = address.family == .v4 ? 32 : 128
        var length = width
        if parts.count == 2 {
            guard let number = Int(parts[1]), (0...width).contains(number) else { return nil }
            length = number
        }
        self.address = address
        self.prefixLength = length
    }

    package func contains(_ other: IPAddress) -> Bool {
        guard other.family == address.family else { return false }
        let width = address.family == .v4 ? 32 : 128
        // A shift by the full width is no shift in hardware, but zero in Swift: an empty prefix holds everything.
        return (other.bits ^ address.bits) >> UInt128(width - prefixLength) == 0
    }

    package var description: String { "\(address)/\(prefixLength)" }
}
