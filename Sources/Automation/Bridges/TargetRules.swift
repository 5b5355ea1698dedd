import EventLoop
import HTTPClient
import Settings

/// What a URL and headers must be for a request to leave at all; told with the file instead of with the first event.
enum TargetRules {
    private static let expectedURL = "expected an http or https URL such as https://example.org/hook"

    /// What is wrong with a URL; nil when nothing is.
    ///
    /// The sentence holds nothing of it, for it may be a secret.
    static func problem(url text: String) -> String? {
        guard let end = text.firstRange(of: "://"), ["http", "https"].contains(text[..<end.lowerBound].lowercased())
        else {
            return expectedURL
        }
        guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F }) else {
            return "\(expectedURL), without blanks and control characters"
        }
        let authority = text[end.upperBound...].prefix { !"/?#".contains($0) }
        let place = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        let (host, port) = parts(of: place)
        guard isHost(host) else { return "\(expectedURL); this one names no host" }
        if let port {
            guard let number = Int(port), (1...65_535).contains(number) else {
                return "\(expectedURL), with a port from 1 to 65535"
            }
        }
        return nil
    }

    /// A host that is written as an address, which no lookup changes.
    static func address(in url: String) -> IPAddress? {
        guard let end = url.firstRange(of: "://") else { return nil }
        let authority = url[end.upperBound...].prefix { !"/?#".contains($0) }
        let (host, _) = parts(of: authority.split(separator: "@", omittingEmptySubsequences: false).last ?? "")
        return IPAddress(host.lowercased() == "localhost" ? "127.0.0.1" : String(host))
    }

    /// What is wrong with a header (RFC 9110, sections 5.1 and 5.5); nil when nothing is.
    static func problem(header name: String, value: String) -> String? {
        guard !name.isEmpty, name.utf8.allSatisfy(isToken) else {
            return "\"\(name.prefix(40))\" is no name of a header: expected letters, digits and - only"
        }
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            return "expected one line without control characters (the value is hidden)"
        }
        return nil
    }

    /// Whether a text can stand for a host: a name, or an address without brackets.
    static func isHost(_ host: some StringProtocol) -> Bool {
        if host.contains(":") { return IPAddress(String(host)) != nil }
        let labels = (host.hasSuffix(".") ? String(host.dropLast()) : String(host))
            .split(separator: ".", omittingEmptySubsequences: false)
        return host.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count)
                    && label.unicodeScalars.allSatisfy {
                        $0.properties.isAlphabetic || $0.properties.numericType != nil
                            || "-_".unicodeScalars.contains($0)
                    }
            }
    }

    private static func parts(of place: Substring) -> (host: Substring, port: Substring?) {
        if place.hasPrefix("["), let end = place.firstIndex(of: "]") {
            let rest = place[place.index(after: end)...]
            return (place[place.index(after: place.startIndex)..<end], rest.isEmpty ? nil : rest.dropFirst())
        }
        guard let colon = place.lastIndex(of: ":") else { return (place, nil) }
        let port = place[place.index(after: colon)...]
        // `http://host:/` is a URL without a port (RFC 3986, section 3.2.3).
        return (place[..<colon], port.isEmpty ? nil : port)
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension SettingsProblem {
    /// The same as something to look at, which keeps nothing from running.
    var asWarning: SettingsProblem {
        SettingsProblem(file: file, line: line, column: column, path: path, message: message, isWarning: true)
    }
}
