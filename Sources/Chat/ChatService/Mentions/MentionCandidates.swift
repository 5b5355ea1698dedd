import ChatModel

/// What a text names by `@`, before anybody has looked who there is.
struct MentionCandidates: Sendable, Equatable {
    /// One place in the text.
    struct Place: Sendable, Hashable {
        /// What may be a handle here, in the form in which handles are compared, the longest first.
        let forms: [String]
        /// For whom it stands when nobody is called by a handle that is longer.
        let group: Group?
    }

    enum Group: Sendable {
        /// `@channel`, `@all`, `@everyone`.
        case channel
        /// `@here`.
        case here
    }

    /// In the order of the text, each once.
    private(set) var places: [Place] = []

    /// Places of a text that are looked at; behind them handles stay text.
    static let maximum = 100
    private static let groups: [String: Group] = [
        "channel": .channel, "all": .channel, "everyone": .channel, "here": .here,
    ]

    /// Reads a text; code is not looked at.
    init(_ text: String) {
        guard text.utf8.contains(UInt8(ascii: "@")) else { return }
        var seen: Set<Place> = []
        for mention in Mention.all(in: text) {
            var forms = mention.handles.map { Handle.form($0) }
            var group: Group?
            if let name = mention.plain.lazy.map({ Handle.form($0) }).first(where: { Self.groups[$0] != nil }) {
                group = Self.groups[name]
                forms = Array(forms.prefix { $0 != name })
            }
            // Nobody has the name of a group; `@all-hands` is no call of all when nobody is called so.
            forms.removeAll { Self.groups[$0] != nil }
            let place = Place(forms: forms, group: group)
            guard !forms.isEmpty || group != nil, seen.insert(place).inserted else { continue }
            places.append(place)
            if places.count == Self.maximum { return }
        }
    }

    /// Every form that has to be looked up.
    var forms: Set<String> { Set(places.lazy.flatMap(\.forms)) }
}
