import HTTPTypes

/// Finds an entry by method and path: a tree of path segments, where literal segments win over parameters.
struct RouteTable<Entry: Sendable>: Sendable {
    enum Match {
        /// The values are those of the template's parameters, in their order.
        case found(Entry, values: [String])
        /// The path exists with other methods.
        case otherMethods([HTTPMethod])
        case notFound
        /// The path is not percent-encoded UTF-8.
        case malformed
    }

    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var tail: Int?
        var entries: [HTTPMethod: Entry] = [:]
    }

    private static var maximumSegments: Int { 32 }
    private var nodes = [Node()]

    /// Adds an entry.
    ///
    /// Two routes for one method and path are a mistake in the program and end it.
    ///
    /// - Returns: The names of the template's parameters, in their order.
    mutating func add(_ method: HTTPMethod, _ template: String, _ entry: (_ names: [String]) -> Entry) {
        precondition(template.hasPrefix("/"), "a route begins with a slash: \(template)")
        var names: [String] = []
        var node = 0
        for segment in template.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            precondition(nodes[node].tail == nil || !segment.hasSuffix("*}"), "two tails at one place: \(template)")
            if segment.hasPrefix("{"), segment.hasSuffix("}") {
                let isTail = segment.hasSuffix("*}")
                names.append(String(segment.dropFirst().dropLast(isTail ? 2 : 1)))
                node = child(of: node, isTail ? \.tail : \.parameter)
            } else {
                precondition(!segment.contains("{"), "a parameter takes a whole segment: \(template)")
                node = child(of: node, \.literals[String(segment)])
            }
        }
        precondition(Set(names).count == names.count, "two parameters share a name: \(template)")
        precondition(nodes[node].entries[method] == nil, "two routes for \(method.rawValue) \(template)")
        nodes[node].entries[method] = entry(names)
    }

    private mutating func child(of node: Int, _ place: WritableKeyPath<Node, Int?>) -> Int {
        if let child = nodes[node][keyPath: place] { return child }
        nodes[node][keyPath: place] = nodes.count
        nodes.append(Node())
        return nodes.count - 1
    }

    /// - Parameter path: As it was sent; an encoded slash does not split a segment, and `..` is a name like any other.
    func match(_ method: HTTPMethod, _ path: String) -> Match {
        guard path.utf8.first == UInt8(ascii: "/") else { return .notFound }
        var segments: [String] = []
        for segment in path.dropFirst().split(
            separator: "/", maxSplits: Self.maximumSegments, omittingEmptySubsequences: false)
        {
            guard let decoded = PercentEncoding.decode(segment) else { return .malformed }
            segments.append(decoded)
        }
        guard segments.count <= Self.maximumSegments else { return .notFound }
        var values: [String] = []
        var others: Set<HTTPMethod> = []
        if let entry = find(0, segments[...], method, &values, &others) { return .found(entry, values: values) }
        return others.isEmpty ? .notFound : .otherMethods(HTTPMethod.allCases.filter(others.contains))
    }

    /// Visits each node at most once, as each is reached by one path.
    private func find(
        _ index: Int, _ segments: ArraySlice<String>, _ method: HTTPMethod, _ values: inout [String],
        _ others: inout Set<HTTPMethod>
    ) -> Entry? {
        let node = nodes[index]
        guard let segment = segments.first else { return entry(at: index, method, &others) }
        if let child = node.literals[segment] {
            if let entry = find(child, segments.dropFirst(), method, &values, &others) { return entry }
            // The path is a literal one that answers other methods; what a parameter could take it for is not meant.
            guard others.isEmpty else { return nil }
        }
        if let child = node.parameter, !segment.isEmpty {
            values.append(segment)
            if let entry = find(child, segments.dropFirst(), method, &values, &others) { return entry }
            values.removeLast()
        }
        // A tail becomes a path again, so nothing in it may climb or hide a slash.
        if let child = node.tail,
            segments.allSatisfy({ $0 != "." && $0 != ".." && !$0.utf8.contains { $0 == 0x2F || $0 == 0 } }),
            let entry = entry(at: child, method, &others)
        {
            values.append(segments.joined(separator: "/"))
            return entry
        }
        return nil
    }

    private func entry(at index: Int, _ method: HTTPMethod, _ others: inout Set<HTTPMethod>) -> Entry? {
        if let entry = nodes[index].entries[method] { return entry }
        others.formUnion(nodes[index].entries.keys)
        return nil
    }
}
