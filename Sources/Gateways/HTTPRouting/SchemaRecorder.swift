/// Finds out the JSON shape of types by letting them read themselves from a decoder that takes notes.
///
/// So the documentation cannot differ from what is read. A type that refuses every placeholder cannot be followed to
/// its end: it is listed in ``undescribed`` and should be ``SchemaDescribing``, or ``Swift/CaseIterable`` when it is an
/// enumeration of texts.
package final class SchemaRecorder {
    /// The named shapes met so far.
    package private(set) var components: [String: Schema] = [:]
    /// Types that are described in part only.
    package private(set) var undescribed: Set<String> = []
    private var names: [ObjectIdentifier: String] = [:]
    private var placeholders: [ObjectIdentifier: Any] = [:]
    private var finished: [ObjectIdentifier: Schema] = [:]

    package init() {}

    package func schema<Value: Decodable>(of type: Value.Type) -> Schema { record(type).schema }

    func record<Value: Decodable>(_ type: Value.Type) -> (schema: Schema, value: Value?) {
        let refinement = (type as? any SchemaDescribing.Type)?.schemaDescription
        if let leaf = type as? any SchemaLeaf.Type { return (leaf.leafSchema, leaf.leafValue as? Value) }
        if let wrapper = type as? any SchemaWrapper.Type {
            return (wrapper.wrappedSchema(self), wrapper.emptyValue as? Value)
        }
        let identity = ObjectIdentifier(type)
        if let known = finished[identity] { return (known, placeholders[identity] as? Value) }
        // Met again inside itself: only what can be empty, a list or an optional, may lie between.
        if let name = names[identity] { return (.reference(name), nil) }
        let name = makeName(type)
        names[identity] = name

        var (schema, value) = choice(type) ?? follow(type, placeholder: refinement?.placeholder)
        if value == nil, refinement?.schema == nil { undescribed.insert(name) }
        if let refinement { schema = refine(schema, refinement) }
        let isNamed =
            switch schema.kind {
            case .object: true
            default: !schema.allowed.isEmpty
            }
        if isNamed { components[name] = schema }
        let result = isNamed ? Schema.reference(name) : schema
        finished[identity] = result
        placeholders[identity] = value
        return (result, value)
    }

    /// An enumeration of texts or numbers that knows its cases.
    private func choice<Value>(_ type: Value.Type) -> (schema: Schema, value: Value?)? {
        guard let type = type as? any CaseIterable.Type else { return nil }
        func cases<Choice: CaseIterable>(_ type: Choice.Type) -> [Any] { Array(type.allCases) }
        let cases = cases(type)
        let texts = cases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        guard !cases.isEmpty, texts.count == cases.count else { return nil }
        var schema = Schema.string
        schema.allowed = texts
        return (schema, cases[0] as? Value)
    }

    /// Tries placeholders in turn: a type that checks its texts may refuse some.
    private func follow<Value: Decodable>(
        _ type: Value.Type, placeholder: String?
    ) -> (schema: Schema, value: Value?) {
        var best = Schema.any
        var most = -1
        let texts = (placeholder.map { [$0] } ?? []) + ["", "a", "1", "0-0", "2000-01-01T00:00:00.000Z", "a@b.example"]
        for (attempt, text) in texts.enumerated() {
            let decoder = RecordingDecoder(recorder: self, text: text, number: attempt == 0 ? 0 : 1)
            let value = try? Value(from: decoder)
            if decoder.weight > most || value != nil { (best, most) = (decoder.schema, decoder.weight) }
            if value != nil { return (best, value) }
        }
        return (best, nil)
    }

    private func refine(_ schema: Schema, _ refinement: SchemaRefinement) -> Schema {
        var schema = refinement.schema ?? schema
        schema.documentation = refinement.documentation ?? schema.documentation
        if case .object(var properties) = schema.kind {
            for index in properties.indices {
                let addition = refinement.properties[properties[index].name]
                properties[index].schema = addition?.applied(to: properties[index].schema) ?? properties[index].schema
            }
            schema.kind = .object(properties)
        }
        return schema
    }

    /// `ChatModel.Channel.Kind` becomes `ChannelKind`, `Page<ChatModel.Message>` becomes `PageOfMessage`.
    private func makeName(_ type: Any.Type) -> String {
        var plain = ""
        var depth = 0
        // Types local to a function carry a context in parentheses.
        for character in String(reflecting: type) {
            if character == "(" { depth += 1 }
            if depth == 0 { plain.append(character) }
            if character == ")" { depth -= 1 }
        }
        let parts = plain.split(whereSeparator: { "<>, ".contains($0) })
        let base = parts.map { $0.split(separator: ".").dropFirst().joined() }.filter { !$0.isEmpty }
            .joined(separator: "Of")
        let taken = Set(names.values)
        var name = base.isEmpty ? "Value" : base
        var number = 2
        while taken.contains(name) {
            name = "\(base)\(number)"
            number += 1
        }
        return name
    }
}
