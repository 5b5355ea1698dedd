import Text

/// Gives each nick of a log a handle that the server takes.
///
/// Handles compare without regard to case, and so do nicks on IRC: `Ada` and `ada` are one person. A nick holds no white
/// space (RFC 2812, section 2.3.1); where a log has some, as in `bur[n] er`, the log's writer put it there.
struct PeopleNames {
    /// Each person by the lower-cased handle: the handle and the nick as they came first.
    private(set) var people: [String: (handle: String, nick: String)] = [:]
    /// In the order in which they came.
    private(set) var order: [String] = []
    /// Nicks that could not be handles as they were.
    private(set) var renamed: [String: String] = [:]
    private var keys: [String: String] = [:]

    /// The lower-cased handle of a nick, the same for every spelling.
    mutating func key(_ nick: String) -> String {
        if let key = keys[nick] { return key }
        let handle = Self.handle(nick)
        let key = handle.lowercased()
        keys[nick] = key
        if handle != nick { renamed[nick] = handle }
        if people[key] == nil {
            people[key] = (handle, NameRule.display.cleaned(nick.filter { !$0.isWhitespace }) ?? handle)
            order.append(key)
        }
        return key
    }

    /// The nick without white space, and with what else a handle cannot hold replaced by `_`.
    static func handle(_ nick: String) -> String {
        let rule = NameRule.handle
        var scalars = String.UnicodeScalarView()
        let visible = NameRule.lookup(nick).unicodeScalars.lazy.filter { !$0.properties.isWhitespace }
        // Each is tried behind a letter, where an accent may stand too.
        for scalar in visible.prefix(rule.maximum) {
            scalars.append((try? rule.normalized("a\(scalar)")) == nil ? "_" : scalar)
        }
        if let handle = try? rule.normalized(String(scalars)) { return handle }
        // Dots alone, and accents where none can be.
        let plain = scalars.map { $0.properties.generalCategory == .nonspacingMark || $0 == "." ? "_" : $0 }
        return (try? rule.normalized(String(String.UnicodeScalarView(plain)))) ?? "_"
    }
}
