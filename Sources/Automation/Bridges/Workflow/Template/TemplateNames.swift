import Settings

/// What is known of values before anything runs, so that a wrong name in a template is told when the file is read.
indirect enum TemplateShape: Sendable {
    /// Nothing is known.
    case any
    /// These keys and no others.
    case fields([String: TemplateShape])

    static func fields(_ names: [String]) -> TemplateShape {
        .fields(Dictionary(uniqueKeysWithValues: names.map { ($0, .any) }))
    }

    private static let person = fields(["id", "handle", "name", "kind"])

    static let event = fields([
        "cursor", "type", "version", "channel_id", "actor_id", "subject_id", "hops", "at", "redacted", "data",
    ])
    static let message = TemplateShape.fields([
        "id": .any, "seq": .any, "channel_id": .any, "author": person, "kind": .any, "text": .any, "content": .any,
        "thread_root_id": .any, "reply_count": .any, "reactions": .any, "nonce": .any, "flags": .any, "hops": .any,
        "created_at": .any, "edited_at": .any, "deleted_at": .any,
    ])
    static let channel = fields(["id", "name", "topic", "kind"])
}

/// The names that templates at one place of a file may use.
struct TemplateNames: Sendable {
    /// The constants of the file.
    var vars: Set<String> = []
    /// The steps before, with what their answers hold.
    var steps: [String: TemplateShape] = [:]
    /// The steps behind: a template that names one is told so.
    var laterSteps: Set<String> = []
    var isInLoop = false

    /// What is wrong with a path; nil when nothing is.
    func complaint(about path: TemplatePath) -> String? {
        switch path.root {
        case .event: return Self.complaint(path.parts, .event, below: "event")
        case .message: return Self.complaint(path.parts, .message, below: "message")
        case .channel: return Self.complaint(path.parts, .channel, below: "channel")
        case .item, .index:
            return isInLoop ? nil : "`\(path.root.rawValue)` means something below `for_each` only"
        case .vars:
            guard case .key(let name)? = path.parts.first else { return "say which of `vars`: `vars.name`" }
            return vars.contains(name)
                ? nil : "there is no `\(name)` below `settings.vars`\(NearMiss.hint(name, among: vars))"
        case .steps:
            guard case .key(let name)? = path.parts.first else { return "say which step: `steps.id`" }
            if let shape = steps[name] {
                return Self.complaint(Array(path.parts.dropFirst()), shape, below: "steps.\(name)")
            }
            if laterSteps.contains(name) { return "the step `\(name)` comes later, or is this one" }
            return "there is no step with the id `\(name)`\(NearMiss.hint(name, among: steps.keys))"
        }
    }

    private static func complaint(
        _ parts: [TemplatePath.Part], _ shape: TemplateShape, below place: String
    ) -> String? {
        guard case .fields(let fields) = shape, let first = parts.first else { return nil }
        guard case .key(let name) = first else { return "`\(place)` is no list" }
        guard let inner = fields[name] else {
            let known = fields.keys.sorted()
            let hint = NearMiss.hint(name, among: known)
            return "`\(place)` has no `\(name)`"
                + (hint.isEmpty ? "; it has \(known.joined(separator: ", "))" : hint)
        }
        return complaint(Array(parts.dropFirst()), inner, below: "\(place).\(name)")
    }
}
