import YAML

/// Brings the short forms of a fixture into the long one, each value staying where it stands.
struct FixtureShape {
    /// Everything that is read as settings.
    let settings: YAMLNode?
    /// What is compared as it stands.
    let expect: YAMLNode?

    init(_ node: YAMLNode?) {
        guard case .mapping(let pairs, let mark)? = node else {
            settings = node
            expect = nil
            return
        }
        expect = pairs.first { $0.key == "expect" }?.value
        settings = .mapping(
            pairs.filter { $0.key != "expect" }.map { pair in
                switch pair.key {
                case "given": pair.with(Self.list(pair.value, Self.given))
                case "answers": pair.with(Self.list(pair.value, Self.answer))
                case "channels": pair.with(Self.list(pair.value) { $0.named("name") })
                case "members": pair.with(Self.values(pair.value) { Self.list($0) { $0.named("handle") } })
                default: pair
                }
            }, mark: mark)
    }

    private static func given(_ item: YAMLNode) -> YAMLNode {
        guard case .mapping(let pairs, let mark) = item else { return item }
        return .mapping(
            pairs.map { pair in
                switch pair.key {
                case "message": pair.with(person("author", pair.value.named("text")))
                case "edit": pair.with(pair.value.named("text"))
                case "delete": pair.with(pair.value.named("message"))
                case "reaction": pair.with(person("user", pair.value.named("emoji")))
                case "member": pair.with(person("user", pair.value.named("user")))
                default: pair
                }
            }, mark: mark)
    }

    private static func person(_ key: String, _ node: YAMLNode) -> YAMLNode {
        guard case .mapping(let pairs, let mark) = node else { return node }
        return .mapping(pairs.map { $0.key == key ? $0.with($0.value.named("handle")) : $0 }, mark: mark)
    }

    private static func answer(_ item: YAMLNode) -> YAMLNode {
        guard case .integer? = item.resolved else { return item.named("fail") }
        return item.named("status")
    }

    private static func list(_ node: YAMLNode, _ change: (YAMLNode) -> YAMLNode) -> YAMLNode {
        switch node {
        case .sequence(let items, let mark): .sequence(items.map(change), mark: mark)
        case .mapping(_, let mark), .scalar(_, _, let mark):
            node.resolved == .null ? node : .sequence([change(node)], mark: mark)
        }
    }

    private static func values(_ node: YAMLNode, _ change: (YAMLNode) -> YAMLNode) -> YAMLNode {
        guard case .mapping(let pairs, let mark) = node else { return node }
        return .mapping(pairs.map { $0.with(change($0.value)) }, mark: mark)
    }
}

extension YAMLPair {
    fileprivate func with(_ value: YAMLNode) -> YAMLPair { YAMLPair(key: key, keyMark: keyMark, value: value) }
}

extension YAMLNode {
    /// A scalar as the value of its main key; anything else as it is.
    func named(_ key: String) -> YAMLNode {
        guard case .scalar(_, _, let mark) = self, resolved != .null else { return self }
        return .mapping([YAMLPair(key: key, keyMark: mark, value: self)], mark: mark)
    }
}
