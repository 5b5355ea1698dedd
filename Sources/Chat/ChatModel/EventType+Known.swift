extension EventType {
    private static let known = Set(all)

    /// What is wrong with types that somebody asks for, in a sentence; nil when there are all of them.
    ///
    /// Who asks for what there is not would wait for ever.
    package static func fault(in types: [EventType]) -> String? {
        guard let unknown = types.first(where: { !known.contains($0) }) else { return nil }
        let name = String(unknown.description.prefix(64))
        let names = all.map(\.description)
        // A type without its verb, `message`, means the first of them.
        let near =
            NearNames.of(name, among: names, limit: 1).first
            ?? names.first { $0.hasPrefix(name + ".") || $0.hasPrefix(name.dropLast() + ".") && name.hasSuffix("s") }
        return "There is no event type \"\(name)\"\(near.map { "; did you mean \"\($0)\"?" } ?? ".") "
            + "/v1/events/schemas has all of them."
    }
}
