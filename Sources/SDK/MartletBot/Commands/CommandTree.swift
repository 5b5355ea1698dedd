/// Finds commands by the words of a line.
struct CommandTree {
    /// What a line names.
    enum Match {
        case command(any Command.Type, path: String, middleware: [any Middleware], rest: Substring)
        case help([String])
        /// A group, and nothing after it.
        case group(path: [String])
        case unknown(String, path: [String], near: [String])
        /// There is no word.
        case nothing
    }

    private let parts: [BotPart]

    init(_ parts: [BotPart]) { self.parts = parts }

    var hasCommands: Bool {
        parts.contains { part in
            switch part.kind {
            case .command, .help: true
            case .group(let group): CommandTree(group.parts).hasCommands
            default: false
            }
        }
    }

    var hasHelp: Bool {
        parts.contains { if case .help = $0.kind { true } else { false } }
    }

    static func middleware(of parts: [BotPart]) -> [any Middleware] {
        parts.compactMap { if case .middleware(let middleware) = $0.kind { middleware } else { nil } }
    }

    /// The words of `line` decide as far as they name groups; what follows the command's name is left to it.
    func find(_ line: Substring) -> Match { find(line, path: [], middleware: []) }

    /// The parts of a group, or of the whole for an empty path; nil when there is no such group.
    func parts(below path: some Collection<String>) -> [BotPart]? {
        guard let name = path.first else { return parts }
        for case .group(let group) in parts.map(\.kind) where group.name.lowercased() == name.lowercased() {
            return CommandTree(group.parts).parts(below: path.dropFirst())
        }
        return nil
    }

    private func find(_ line: Substring, path: [String], middleware outer: [any Middleware]) -> Match {
        let line = line.drop { $0.isWhitespace }
        let word = line.prefix { !$0.isWhitespace }
        guard !word.isEmpty else { return path.isEmpty ? .nothing : .group(path: path) }
        let rest = line[word.endIndex...]
        let middleware = outer + Self.middleware(of: parts)
        for part in parts {
            switch part.kind {
            case .command(let type) where type.answers(to: word):
                let path = (path + [type.name]).joined(separator: " ")
                return .command(type, path: path, middleware: middleware, rest: rest)
            case .group(let group) where group.name.lowercased() == word.lowercased():
                return CommandTree(group.parts).find(rest, path: path + [group.name], middleware: middleware)
            case .help where word.lowercased() == "help":
                return .help(rest.split { $0.isWhitespace }.prefix(8).map(String.init))
            default: continue
            }
        }
        return .unknown(String(word), path: path, near: NearNames.of(String(word), among: names))
    }

    private var names: [String] {
        parts.flatMap { part -> [String] in
            switch part.kind {
            case .command(let type): [type.name] + type.aliases
            case .group(let group): [group.name]
            case .help: ["help"]
            default: []
            }
        }
    }
}
