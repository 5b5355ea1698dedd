package import EventLoop
package import HTTPTypes

/// Finds the client behind proxies that are trusted to name it.
///
/// Fields are read from the right, where the nearest proxy has written, and no further than to the first address that is
/// not a trusted proxy's: what stands left of it anybody may have written.
package struct ForwardedFor: Sendable {
    /// Which field the proxies write.
    package enum Field: String, Sendable, CaseIterable {
        /// `X-Forwarded-For` where there is one, otherwise `Forwarded`.
        case auto
        /// RFC 7239.
        case forwarded
        case xForwardedFor = "x-forwarded-for"
    }

    /// So many proxies in a row are followed.
    private static let maximumHops = 32

    package var trusted: PeerSet
    package var field: Field

    package init(trusted: PeerSet = PeerSet(), field: Field = .auto) {
        self.trusted = trusted
        self.field = field
    }

    /// The address of whoever sent a request that came from `peer`.
    package func client(_ headers: HTTPHeaders, peer: String) -> String {
        guard trusted.contains(peer) else { return peer }
        let plain = field == .forwarded ? [] : headers.all("X-Forwarded-For")
        let isPlain = field == .xForwardedFor || !plain.isEmpty
        let values = isPlain ? plain : headers.all("Forwarded")
        var client = peer
        var elements = ListElements(values)
        for _ in 0..<Self.maximumHops {
            guard let element = elements.next(respectsQuotes: !isPlain),
                let address = isPlain ? Self.address(element, needsBrackets: false) : Self.node(element)
            else { break }
            client = (address.unmapped ?? address).description
            guard trusted.contains(address) else { break }
        }
        return client
    }

    /// The address in `for` of one element of `Forwarded`: `for="[2001:db8::1]:4711";proto=https`.
    ///
    /// - Returns: Nil for `unknown`, for a name that hides the address, and for what has another form.
    private static func node(_ element: [UInt8]) -> IPAddress? {
        var found: IPAddress?
        var rest = element[...]
        while true {
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = String(decoding: rest[..<equals], as: UTF8.self)
            guard FieldSyntax.isToken(rest[..<equals]), let (value, after) = value(rest[(equals + 1)...]) else {
                return nil
            }
            if name.isEqualIgnoringCase(to: "for") {
                // Twice is once too often (RFC 7239, section 4).
                guard found == nil, let address = address(value, needsBrackets: true) else { return nil }
                found = address
            }
            guard let first = after.first else { return found }
            guard first == UInt8(ascii: ";") else { return nil }
            rest = after.dropFirst()
        }
    }

    /// A token or a quoted string, and what follows it.
    private static func value(_ bytes: ArraySlice<UInt8>) -> (value: [UInt8], after: ArraySlice<UInt8>)? {
        guard bytes.first == UInt8(ascii: "\"") else {
            let value = bytes.prefix { $0 != UInt8(ascii: ";") }
            return FieldSyntax.isToken(value) ? (Array(value), bytes[value.endIndex...]) : nil
        }
        var value: [UInt8] = []
        var index = bytes.startIndex + 1
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "\""): return (value, bytes[(index + 1)...])
            case UInt8(ascii: "\\"):
                index += 1
                guard index < bytes.endIndex else { return nil }
                value.append(bytes[index])
            default: value.append(bytes[index])
            }
            index += 1
        }
        return nil
    }

    /// An address, perhaps with a port: `192.0.2.1`, `192.0.2.1:80`, `[::1]`, `[::1]:80`.
    ///
    /// - Parameter needsBrackets: For IPv6, as `Forwarded` has it; `X-Forwarded-For` has the address alone, too.
    static func address(_ bytes: [UInt8], needsBrackets: Bool) -> IPAddress? {
        let text = String(decoding: bytes, as: UTF8.self)
        func isPort(_ text: Substring) -> Bool {
            text.first == ":" && (2...6).contains(text.utf8.count)
                && text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let port = text[text.index(after: end)...]
            guard port.isEmpty || isPort(port), let address = IPAddress(String(text[..<end].dropFirst())),
                address.family == .v6
            else { return nil }
            return address
        }
        if let colon = text.firstIndex(of: ":"), text[colon...].dropFirst().firstIndex(of: ":") == nil {
            guard isPort(text[colon...]), let address = IPAddress(String(text[..<colon])), address.family == .v4 else {
                return nil
            }
            return address
        }
        guard let address = IPAddress(text), address.family == .v4 || !needsBrackets else { return nil }
        return address
    }
}

/// The elements of a list (RFC 9110, section 5.6.1) in some fields of one name, from the last to the first.
private struct ListElements {
    private var values: [String]
    private var rest: [UInt8]?

    init(_ values: [String]) { self.values = values }

    /// The element before the one that came last, without blanks around it; nil at the beginning.
    ///
    /// Quotes are followed from the right as well: a string that somebody left open further left does not swallow what
    /// a proxy has written after it.
    mutating func next(respectsQuotes: Bool) -> [UInt8]? {
        while true {
            if rest == nil {
                guard let value = values.popLast() else { return nil }
                rest = Array(value.utf8)
            }
            guard let bytes = rest else { return nil }
            var index = bytes.count
            var isQuoted = false
            var start = 0
            while index > 0 {
                index -= 1
                if respectsQuotes, bytes[index] == UInt8(ascii: "\"") {
                    let slashes = bytes[..<index].reversed().prefix { $0 == UInt8(ascii: "\\") }.count
                    if slashes.isMultiple(of: 2) { isQuoted.toggle() }
                } else if bytes[index] == UInt8(ascii: ","), !isQuoted {
                    start = index + 1
                    break
                }
            }
            let element = bytes[start...].drop { Self.isBlank($0) }
            rest = start > 0 ? Array(bytes[..<(start - 1)]) : nil
            let end = element.lastIndex { !Self.isBlank($0) }
            // Empty elements mean nothing.
            if let end { return Array(element[...end]) }
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
