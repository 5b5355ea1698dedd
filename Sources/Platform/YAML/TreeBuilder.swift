/// Makes a tree of libyaml's events and refuses what a configuration has no need of.
struct TreeBuilder {
    private let events: EventReader
    private let limits: YAMLLimits
    private var nodes = 0

    init(events: EventReader, limits: YAMLLimits) {
        self.events = events
        self.limits = limits
    }

    mutating func document() throws(YAMLError) -> YAMLNode? {
        _ = try events.next()
        guard case .documentStart(let mark, let hasTagDirectives) = try events.next() else { return nil }
        if hasTagDirectives { throw YAMLError(mark, "tags are not read here; leave the %TAG line out") }
        let root = try node(try events.next(), depth: 1)
        _ = try events.next()
        if case .documentStart(let mark, _) = try events.next() {
            throw YAMLError(mark, "a second document begins here; a file holds one")
        }
        return root
    }

    private mutating func node(_ event: EventReader.Event, depth: Int) throws(YAMLError) -> YAMLNode {
        switch event {
        case .scalar(let mark, let text, let style, let properties):
            try admit(mark, depth: 0, properties)
            return .scalar(text, style: style, mark: mark)
        case .sequenceStart(let mark, let properties):
            try admit(mark, depth: depth, properties)
            return try sequence(mark, depth: depth)
        case .mappingStart(let mark, let properties):
            try admit(mark, depth: depth, properties)
            return try mapping(mark, depth: depth)
        case .alias(let mark, let name):
            throw YAMLError(mark, "aliases are not read here; put text that begins with * in quotes: \"*\(name)\"")
        case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            throw YAMLError(line: 1, column: 1, message: "the text ends where a value should be")
        }
    }

    private mutating func sequence(_ mark: YAMLMark, depth: Int) throws(YAMLError) -> YAMLNode {
        var items: [YAMLNode] = []
        while true {
            let event = try events.next()
            if case .sequenceEnd = event { return .sequence(items, mark: mark) }
            items.append(try node(event, depth: depth + 1))
        }
    }

    private mutating func mapping(_ mark: YAMLMark, depth: Int) throws(YAMLError) -> YAMLNode {
        var pairs: [YAMLPair] = []
        var lines: [String: Int] = [:]
        while true {
            let event = try events.next()
            if case .mappingEnd = event { return .mapping(pairs, mark: mark) }
            guard case .scalar(let key, _, let keyMark) = try node(event, depth: depth + 1) else {
                throw YAMLError(mark, "a key must be text")
            }
            if let line = lines.updateValue(keyMark.line, forKey: key) {
                throw YAMLError(keyMark, "the key \"\(key)\" stands already in line \(line)")
            }
            let value = try node(try events.next(), depth: depth + 1)
            pairs.append(YAMLPair(key: key, keyMark: keyMark, value: value))
        }
    }

    private mutating func admit(
        _ mark: YAMLMark, depth: Int, _ properties: EventReader.Properties
    ) throws(YAMLError) {
        nodes += 1
        if nodes > limits.nodes { throw YAMLError(mark, "more than \(limits.nodes) values; split the file") }
        if depth > limits.depth { throw YAMLError(mark, "nested deeper than \(limits.depth) levels") }
        if let tag = properties.tag {
            throw YAMLError(mark, "tags are not read here (\(tag)); put text that begins with ! in quotes")
        }
        if let anchor = properties.anchor {
            throw YAMLError(mark, "anchors are not read here; put text that begins with & in quotes: \"&\(anchor)\"")
        }
    }
}
