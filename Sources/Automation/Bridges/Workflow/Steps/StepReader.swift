import ChatModel
import Settings

/// Reads the steps of a file and tells every mistake in them, each with its place.
struct StepReader {
    static let deepestNesting = 12
    static let mostSteps = 1000

    let settings: Settings
    /// Whether the file names a relay for mail.
    let hasRelay: Bool
    var problems: [SettingsProblem] = []
    private var names = TemplateNames()
    private var knownIDs: Set<String> = []
    private var count = 0
    private var usesChannel = false

    /// - Parameter settings: The section with `steps`, `vars` and `smtp`.
    /// - Returns: The steps, to be used only when there are no problems, and whether a template names the channel.
    static func read(_ settings: Settings) -> (steps: [Step], problems: [SettingsProblem], usesChannel: Bool) {
        var reader = StepReader(settings: settings, hasRelay: settings.optionalSection("smtp") != nil)
        let value = settings.value("steps")
        // That it is missing is told already.
        guard value != .null else { return ([], [], false) }
        reader.names.vars = Set(settings.value("vars").entries.map(\.key))
        reader.names.laterSteps = ids(in: value)
        let steps = reader.steps(value, at: "steps", key: "", depth: 1)
        return (steps, reader.problems, reader.usesChannel)
    }

    private init(settings: Settings, hasRelay: Bool) {
        self.settings = settings
        self.hasRelay = hasRelay
    }

    private static func ids(in value: SettingValue) -> Set<String> {
        value.items.reduce(into: []) { ids, step in
            if let id = step["id"]?.string { ids.insert(id) }
            for key in ["then", "else", "do"] {
                if let inner = step[key] { ids.formUnion(Self.ids(in: inner)) }
            }
        }
    }

    // MARK: Steps

    private mutating func steps(_ value: SettingValue, at path: String, key: String, depth: Int) -> [Step] {
        guard case .list(let items) = value, !items.isEmpty else {
            report(path, "expected a list of steps, such as `- reply: Hello`")
            return []
        }
        guard depth <= Self.deepestNesting else {
            report(path, "steps nest deeper than \(Self.deepestNesting) levels")
            return []
        }
        var steps: [Step] = []
        for (index, item) in items.enumerated() {
            count += 1
            guard count <= Self.mostSteps else {
                if count == Self.mostSteps + 1 { report(path, "more than \(Self.mostSteps) steps in one file") }
                break
            }
            let place = "\(path)[\(index)]"
            if let step = step(item, at: place, key: "\(key)\(index)", depth: depth) { steps.append(step) }
        }
        return steps
    }

    private mutating func step(_ value: SettingValue, at path: String, key: String, depth: Int) -> Step? {
        guard case .map(let entries) = value else {
            report(path, "expected a step, such as `reply: Hello`")
            return nil
        }
        let found = entries.filter { StepKind.names.contains($0.key) }
        let kind = found.first.flatMap { StepKind.named($0.key) }
        if found.count > 1 {
            report(key: "\(path).\(found[1].key)", "a step has one name, and this one has `\(found[0].key)` already")
        }
        reportUnknown(entries.map(\.key).filter { key in !found.contains { $0.key == key } }, kind, at: path)
        let id = id(value["id"], at: path)
        let condition = value["when"].flatMap { self.condition($0, at: "\(path).when", depth: 1) }
        var action: Step.Action?
        if let kind {
            action = self.action(kind, value, at: path, key: key, depth: depth)
        } else if entries.allSatisfy({ entry in StepKind.common.contains { $0.name == entry.key } }) {
            report(path, "expected one of \(StepKind.names.joined(separator: ", "))")
        }
        if let id, let kind { names.steps[id] = kind.shape }
        guard let kind, let action else { return nil }
        return Step(
            id: id, place: path, key: id ?? "\(key).\(kind.name)", condition: condition, action: action)
    }

    private mutating func reportUnknown(_ keys: [String], _ kind: StepKind?, at path: String) {
        let own = StepKind.common + (kind?.companions ?? [])
        for key in keys where !own.contains(where: { $0.name == key }) {
            let place = "\(path).\(key)"
            if let kind {
                if kind.fields.contains(where: { $0.name == key }) {
                    report(key: place, "`\(key)` belongs below `\(kind.name)`, indented further")
                } else {
                    report(key: place, "unknown key\(NearMiss.hint(key, among: own.map(\.name)))")
                }
            } else if let owner = StepKind.all.first(where: { $0.companions.contains { $0.name == key } }) {
                report(key: place, "`\(key)` stands beside `\(owner.name)`, which is missing")
            } else {
                let hint = NearMiss.hint(key, among: StepKind.names)
                report(
                    key: place,
                    "unknown step `\(key)`"
                        + (hint.isEmpty ? "; expected one of \(StepKind.names.joined(separator: ", "))" : hint))
            }
        }
    }

    private mutating func id(_ value: SettingValue?, at path: String) -> String? {
        guard let value else { return nil }
        let place = "\(path).id"
        guard let id = value.string, (1...48).contains(id.utf8.count), let first = id.utf8.first,
            Self.isLetter(first),
            id.utf8.allSatisfy({ Self.isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2D })
        else {
            report(place, "expected a letter, then up to 47 letters, digits, _ and -")
            return nil
        }
        guard knownIDs.insert(id).inserted else {
            report(place, "the id `\(id)` is taken by a step before")
            return nil
        }
        return id
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) || byte == 0x5F }

    // MARK: Kinds

    private mutating func action(
        _ kind: StepKind, _ step: SettingValue, at path: String, key: String, depth: Int
    ) -> Step.Action? {
        let value = step[kind.name] ?? .null
        let place = "\(path).\(kind.name)"
        switch kind.name {
        case "match": return condition(value, at: place, depth: 1).map { .match($0) }
        case "if": return branch(value, step, at: path, key: key, depth: depth)
        case "for_each": return loop(value, step, at: path, key: key, depth: depth)
        case "stop":
            guard value == .boolean(true) else {
                report(place, "expected `stop: true`")
                return nil
            }
            return .stop
        default:
            guard let fields = fields(of: kind, value, at: place) else { return nil }
            return action(fields)
        }
    }

    private mutating func branch(
        _ value: SettingValue, _ step: SettingValue, at path: String, key: String, depth: Int
    ) -> Step.Action? {
        let condition = condition(value, at: "\(path).if", depth: 1)
        var then: [Step] = []
        if let inner = step["then"] {
            then = steps(inner, at: "\(path).then", key: "\(key).then.", depth: depth + 1)
        } else {
            report(path, "`if` needs `then` beside it")
        }
        let otherwise = step["else"].map { steps($0, at: "\(path).else", key: "\(key).else.", depth: depth + 1) }
        return condition.map { .branch($0, then: then, otherwise: otherwise ?? []) }
    }

    private mutating func loop(
        _ value: SettingValue, _ step: SettingValue, at path: String, key: String, depth: Int
    ) -> Step.Action? {
        let place = "\(path).for_each"
        let list: TemplateTree?
        switch value {
        case .string, .list: list = tree(value, at: place)
        default:
            report(place, "expected a template such as \"{{ steps.id.body }}\", or a list")
            list = nil
        }
        guard let inner = step["do"] else {
            report(path, "`for_each` needs `do` beside it")
            return nil
        }
        let outside = names.isInLoop
        names.isInLoop = true
        let body = steps(inner, at: "\(path).do", key: "\(key).do.", depth: depth + 1)
        names.isInLoop = outside
        return list.map { .each($0, body) }
    }

    // MARK: Problems

    mutating func report(_ path: String, _ message: String) {
        problems.append(settings.problem(at: path, message))
    }

    mutating func report(key path: String, _ message: String) {
        problems.append(settings.problem(atKey: path, message))
    }

    // MARK: Templates

    mutating func template(_ text: String, at path: String) -> Template {
        // What came from a variable or another file is a value and no template.
        guard text.contains("{{"), !settings.isHidden(path) else { return Template(literal: text) }
        let (template, found) = TemplateParser.parse(text, names: names)
        if template.names(.channel) { usesChannel = true }
        for problem in found { report(path, "\(Self.place(problem.offset, in: text)): \(problem.message)") }
        return template
    }

    private static func place(_ offset: Int, in text: String) -> String {
        let before = text.prefix(offset)
        let line = before.count(where: \.isNewline) + 1
        let column = offset - (before.lastIndex(where: \.isNewline).map { before[...$0].count } ?? 0) + 1
        return text.contains(where: \.isNewline) ? "line \(line), character \(column)" : "character \(column)"
    }

    mutating func tree(_ value: SettingValue, at path: String) -> TemplateTree {
        switch value {
        case .null: return .constant(.null)
        case .boolean(let flag): return .constant(.bool(flag))
        case .integer(let number): return .constant(.integer(Int64(number)))
        case .number(let number): return .constant(number.isFinite ? .number(number) : .null)
        case .duration: return .constant(.string(value.text ?? ""))
        case .string(let text):
            let template = template(text, at: path)
            return template.constant.map { .constant(.string($0)) } ?? .template(template)
        case .list(let items):
            var trees: [TemplateTree] = []
            for (index, item) in items.enumerated() { trees.append(tree(item, at: "\(path)[\(index)]")) }
            return .list(trees)
        case .map(let entries):
            var trees: [(String, TemplateTree)] = []
            for entry in entries { trees.append((entry.key, tree(entry.value, at: "\(path).\(entry.key)"))) }
            return .map(trees)
        }
    }

    /// One text with templates, or a list of them.
    mutating func templates(_ value: SettingValue, at path: String) -> [Template] {
        let isList = if case .list = value { true } else { false }
        var found: [Template] = []
        for (index, item) in value.items.enumerated() {
            let place = isList ? "\(path)[\(index)]" : path
            switch item {
            case .string(let text): found.append(template(text, at: place))
            case .integer, .number, .boolean: found.append(Template(literal: item.text ?? ""))
            default: report(place, "expected a text")
            }
        }
        if found.isEmpty, value.items.isEmpty { report(path, "expected at least one text") }
        return found
    }
}
