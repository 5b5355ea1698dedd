import Text

/// Turns Slack's mark-up into Markdown.
struct SlackText {
    /// Handles by the ids of people.
    let handles: [String: String]
    /// Names by the ids of channels.
    let channels: [String: String]

    func markdown(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        // What stands between marks of code keeps its signs; links and entities are undone there too.
        var isCode = false
        while let place = rest.firstIndex(where: {
            $0 == "<" || $0 == "`" || $0 == "&" || $0 == ":" || $0 == "*" || $0 == "~"
        }) {
            result += rest[..<place]
            rest = rest[place...]
            let sign = rest.removeFirst()
            switch sign {
            case "`":
                isCode.toggle()
                result.append("`")
                while rest.first == "`" { result.append(rest.removeFirst()) }
            case "<":
                if let end = rest.firstIndex(of: ">"), let link = link(rest[..<end], isCode) {
                    result += link
                    rest = rest[rest.index(after: end)...]
                } else {
                    result.append("<")
                }
            case "&": result += Self.entity(&rest)
            case ":" where !isCode: result += Self.emoji(&rest)
            case "*" where !isCode: result += paired(sign, &rest, after: result.last)
            case "~" where !isCode: result += paired(sign, &rest, after: result.last)
            default: result.append(sign)
            }
        }
        return result + rest
    }

    private func link(_ inside: Substring, _ isCode: Bool) -> String? {
        let parts = inside.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
        guard let target = parts.first, let sign = target.first, !inside.contains("\n") else { return nil }
        let label = parts.count > 1 ? Self.plain(parts[1]) : nil
        let name = String(target.dropFirst())
        switch sign {
        case "@": return "@\(handles[name] ?? label ?? name)"
        case "#": return "#\(label.flatMap { $0.isEmpty ? nil : $0 } ?? channels[name] ?? name)"
        case "!":
            if let label { return label.hasPrefix("@") || name.hasPrefix("date") ? label : "@\(label)" }
            return "@\(name.split(separator: "^").first.map(String.init) ?? name)"
        default:
            guard target.contains(":") else { return nil }
            let address = Self.plain(target)
            let shown = address.hasPrefix("mailto:") ? String(address.dropFirst(7)) : address
            guard let label, label != address, label != shown, !isCode else { return shown }
            return "[\(label)](\(address))"
        }
    }

    private static let entities = [("amp;", "&"), ("lt;", "<"), ("gt;", ">")]

    private static func entity(_ rest: inout Substring) -> String {
        for (name, sign) in entities where rest.hasPrefix(name) {
            rest = rest.dropFirst(name.count)
            return sign
        }
        return "&"
    }

    private static func plain(_ text: Substring) -> String {
        String(text).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }

    private static func emoji(_ rest: inout Substring) -> String {
        let name = rest.prefix(64).prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "_-+'".contains($0)) }
        guard !name.isEmpty, rest.dropFirst(name.count).first == ":", !name.allSatisfy(\.isNumber),
            let emoji = Emoji.canonical(String(name))
        else { return ":" }
        rest = rest.dropFirst(name.count + 1)
        return emoji
    }

    /// `*bold*` is `**bold**` where the signs stand around words of one line.
    private func paired(_ sign: Character, _ rest: inout Substring, after before: Character?) -> String {
        func isWord(_ character: Character?) -> Bool {
            character.map { $0.isLetter || $0.isNumber || $0 == sign } ?? false
        }
        let inside = rest.prefix { $0 != sign && $0 != "\n" && $0 != "`" }
        guard !isWord(before), let first = inside.first, let last = inside.last, !first.isWhitespace,
            !last.isWhitespace, rest[inside.endIndex...].first == sign,
            !isWord(rest[inside.endIndex...].dropFirst().first)
        else { return String(sign) }
        rest = rest[inside.endIndex...].dropFirst()
        return "\(sign)\(sign)\(markdown(String(inside)))\(sign)\(sign)"
    }
}
