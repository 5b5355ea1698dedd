/// Receivers, or their users, that are told the same; a single one, as most have, takes no memory beside its place.
struct ReceiverGroup<Entry: AnyObject> {
    private var first: Entry?
    private var others: [ObjectIdentifier: Entry] = [:]

    var isEmpty: Bool { first == nil && others.isEmpty }

    mutating func insert(_ entry: Entry) {
        if first == nil || first === entry {
            first = entry
            others[ObjectIdentifier(entry)] = nil
        } else {
            others[ObjectIdentifier(entry)] = entry
        }
    }

    mutating func remove(_ entry: Entry) {
        if first === entry {
            first = nil
        } else {
            others[ObjectIdentifier(entry)] = nil
        }
    }

    func forEach(_ body: (Entry) -> Void) {
        if let first { body(first) }
        for entry in others.values { body(entry) }
    }
}

extension Dictionary {
    /// Takes a receiver out of a group, and the last one's group out of the table.
    mutating func remove<Entry: AnyObject>(_ entry: Entry, from key: Key) where Value == ReceiverGroup<Entry> {
        self[key]?.remove(entry)
        if self[key]?.isEmpty == true { removeValue(forKey: key) }
    }
}
