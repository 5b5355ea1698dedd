/// Writes what a bot says about its commands, from their declarations.
struct HelpText {
    let parts: [BotPart]
    let prefix: String

    /// Answers `help` and the words behind it.
    func answer(_ words: [String]) -> String {
        guard !words.isEmpty else { return list(below: []) }
        switch CommandTree(parts).find(Substring(words.joined(separator: " "))) {
        case .command(let type, let path, _, _):
            let usage = "`\(CommandBinder.usage(of: type, as: prefix + path))`"
            let aliases = type.aliases.isEmpty ? "" : "Also: \(type.aliases.joined(separator: ", "))"
            return [usage, type.summary, type.details, aliases].filter { !$0.isEmpty }.joined(separator: "\n")
        case .group(let path): return list(below: path)
        case .unknown(let word, let path, let near): return unknown(word, below: path, near: near)
        case .help, .nothing: return list(below: [])
        }
    }

    /// One line for each command of a group, or of the bot.
    func list(below path: [String]) -> String {
        let level = CommandTree(parts).parts(below: path) ?? []
        let written = prefix + path.map { $0 + " " }.joined()
        var heading = ""
        var lines: [String] = []
        for part in level {
            switch part.kind {
            case .command(let type):
                lines.append("`\(CommandBinder.usage(of: type, as: written + type.name))` \(type.summary)")
            case .group(let group): lines.append("`\(written)\(group.name) …` \(group.summary)")
            case .help(let summary): heading = summary
            default: continue
            }
        }
        guard !lines.isEmpty else { return heading.isEmpty ? "There are no commands." : heading }
        return ([heading] + lines.map { "- " + $0.trimmingTrailingSpace }).filter { !$0.isEmpty }.joined(
            separator: "\n")
    }

    func unknown(_ word: String, below path: [String], near: [String]) -> String {
        let shown = word.count > 40 ? word.prefix(40) + "…" : word[...]
        let written = prefix + path.map { $0 + " " }.joined()
        let names = near.map { "`\(written)\($0)`" }
        let suggestion =
            if let last = names.last {
                " Did you mean \((names.dropLast().joined(separator: ", ") + (names.count > 1 ? " or " : "") + last))?"
            } else if CommandTree(parts).hasHelp {
                " Try `\(prefix)help`."
            } else {
                ""
            }
        return "There is no command \"\(path.map { $0 + " " }.joined())\(shown)\".\(suggestion)"
    }
}

extension String {
    fileprivate var trimmingTrailingSpace: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
