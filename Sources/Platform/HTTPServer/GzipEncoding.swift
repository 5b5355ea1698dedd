internal import HTTPTypes

/// Decides whether an answer is compressed.
enum GzipEncoding {
    /// Below this the saving is not worth the work; above it the work would hold up the loop.
    private static let sizes = 1025...256 * 1024

    /// Whether a body of this size and kind should be compressed for those who accept it.
    static func isWorthwhile(count: Int, headers: HTTPHeaders) -> Bool {
        guard sizes.contains(count), headers["Content-Encoding"] == nil, let type = headers["Content-Type"] else {
            return false
        }
        let name = type.prefix { $0 != ";" }.lowercased()
        return name.hasPrefix("text/") || name.hasSuffix("json") || name.hasSuffix("xml")
            || name.hasSuffix("javascript") || name.hasSuffix("yaml")
    }

    /// Whether an `Accept-Encoding` value allows gzip (RFC 9110, section 12.5.3).
    static func isAccepted(_ value: String) -> Bool {
        value.split(separator: ",").prefix(16).contains { item in
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard parts.first == "gzip" || parts.first == "*" else { return false }
            guard let weight = parts.dropFirst().first(where: { $0.hasPrefix("q=") }) else { return true }
            return (Double(weight.dropFirst(2)) ?? 0) > 0
        }
    }
}
