/// What stands between `<` and `>` in Slack's markup.
package enum SlackReference {
    case user(String, label: String?)
    case channel(String, label: String?)
    /// Of many people: `here`, a group.
    case audience(String)
    case date(SlackDate, label: String?)
    /// A special thing of Slack's with a text to show instead.
    case other(String)
    case link(String, label: String?)

    init?(_ inside: ArraySlice<UInt8>) {
        let parts = inside.split(separator: UInt8(ascii: "|"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let sign = first.first else { return nil }
        let label = parts.count == 2 && !parts[1].isEmpty ? Self.text(parts[1]) : nil
        let name = String(decoding: first.dropFirst(), as: UTF8.self)
        switch sign {
        case UInt8(ascii: "@"):
            guard Self.isID(name) else { return nil }
            self = .user(name, label: label)
        case UInt8(ascii: "#"):
            guard Self.isID(name) else { return nil }
            self = .channel(name, label: label)
        case UInt8(ascii: "!"): self.init(special: name, label)
        default:
            let url = Self.text(first)
            guard Self.hasScheme(url) else { return nil }
            self = .link(url, label: label)
        }
    }

    private init?(special name: String, _ label: String?) {
        switch name {
        case "here", "channel", "everyone", "group": self = .audience(name)
        case _ where name.hasPrefix("subteam^"):
            let group = name.dropFirst(8).prefix { $0 != "^" }
            self = .audience(label ?? String(group))
        case _ where name.hasPrefix("date^"):
            guard let date = SlackDate(SlackMarkup.decode(String(name.dropFirst(5)))) else {
                guard let label else { return nil }
                self = .other(label)
                return
            }
            self = .date(date, label: label)
        default:
            guard let label else { return nil }
            self = .other(label)
        }
    }

    /// What a person sees, and where it leads.
    func shown(resolve: (SlackMarkup.Reference) -> String?) -> (text: String, link: String?) {
        switch self {
        // A handle of ours notifies; a label only says what somebody was called elsewhere.
        case .user(let id, let label): (Self.marked(resolve(.user(id)) ?? label ?? id, "@"), nil)
        case .channel(let id, let label): (Self.marked(label ?? resolve(.channel(id)) ?? id, "#"), nil)
        case .audience(let name): (Self.marked(name, "@"), nil)
        case .date(let date, let label): (label ?? date.text, date.link.flatMap { Self.isLink($0) ? $0 : nil })
        case .other(let label): (label, nil)
        case .link(let url, let label): Self.link(url, label)
        }
    }

    /// The words of a link and where it leads; a reader who follows it must not run a script by it.
    package static func link(_ url: String, _ label: String?) -> (text: String, link: String?) {
        let label = label.flatMap { $0.isEmpty ? nil : $0 }
        guard isLink(url) else { return (label ?? url, nil) }
        if let label { return (label, url) }
        // An address of mail is shown without what makes a link of it.
        let start = url.prefix(7).lowercased()
        guard start == "mailto:" else { return (url, url) }
        return (String(url.dropFirst(7).prefix { $0 != "?" }), url)
    }

    private static func marked(_ name: String, _ mark: Character) -> String {
        name.first == mark ? name : "\(mark)\(name)"
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        SlackMarkup.decode(String(decoding: bytes, as: UTF8.self))
    }

    private static func isID(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) }
    }

    private static func hasScheme(_ url: String) -> Bool {
        guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let scheme = url.utf8[..<colon]
        return (2...16).contains(scheme.count)
            && scheme.allSatisfy {
                (0x61...0x7A).contains($0 | 0x20) || "+.-".utf8.contains($0) || (0x30...0x39).contains($0)
            }
            && !url.contains(where: \.isWhitespace)
    }

    private static let schemes: Set<String> = [
        "http", "https", "mailto", "tel", "ftp", "ftps", "sftp", "ssh", "git", "slack", "xmpp", "sip",
    ]

    /// Whether `url` may be followed.
    package static func isLink(_ url: String) -> Bool {
        guard hasScheme(url), let colon = url.firstIndex(of: ":") else { return false }
        return schemes.contains(url[..<colon].lowercased())
    }
}
