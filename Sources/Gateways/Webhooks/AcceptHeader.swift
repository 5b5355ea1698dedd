/// What a sender wants to be answered with (RFC 9110, section 12.5.1).
enum AcceptHeader {
    /// Whether JSON is wanted more than plain text, which is what senders of webhooks expect.
    ///
    /// Clients that take anything and happen to name JSON first want no more of it than of the rest.
    static func prefersJSON(_ value: String?) -> Bool {
        guard let value else { return false }
        var json: Double?
        var text: Double?
        var subtypes: Double?
        var any: Double?
        for range in value.split(separator: ",").prefix(32) {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let type = parts.first else { continue }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            switch type {
            case "application/json", "application/problem+json": json = max(json ?? 0, quality)
            case "text/plain": text = max(text ?? 0, quality)
            case "text/*": subtypes = max(subtypes ?? 0, quality)
            case "*/*": any = max(any ?? 0, quality)
            default: break
            }
        }
        return (json ?? 0) > (text ?? subtypes ?? any ?? 0)
    }
}
