extension SettingsSpec {
    /// A file with every key, its sentence above it and its default as its value.
    ///
    /// Keys that have no default and are not required stand as comments. The text reads back without a problem.
    public func exampleYAML() -> String {
        let lines = example(indent: "")
        return lines.contains { !$0.hasPrefix("#") && !$0.isEmpty }
            ? lines.joined(separator: "\n") + "\n" : (lines + ["{}"]).joined(separator: "\n") + "\n"
    }

    private func example(indent: String) -> [String] {
        var lines: [String] = []
        for key in keys where key.deprecated == nil {
            if !lines.isEmpty, indent.isEmpty { lines.append("") }
            lines += Self.comment(key.documentation, indent)
            lines += key.example(indent: indent)
        }
        return lines
    }

    private static func comment(_ text: String, _ indent: String) -> [String] {
        var lines: [String] = []
        var line = "\(indent)#"
        for word in text.split(whereSeparator: \.isWhitespace) {
            if line.count + word.count + 1 > 100, line.count > indent.count + 1 {
                lines.append(line)
                line = "\(indent)#"
            }
            line += " \(word)"
        }
        return lines + [line]
    }
}

extension SettingsSpec {
    /// The lines of a section's keys.
    fileprivate func lines(indent: String) -> [String] { example(indent: indent) }
}

extension SettingKey {
    fileprivate func example(indent: String) -> [String] {
        let label = "\(indent)\(YAMLText.string(name)):"
        if case .section(let spec) = type, defaultValue == nil {
            let inner = spec.lines(indent: "\(indent)  ")
            // A section that may be left out and cannot be made of defaults is shown, not set.
            if spec.hasRequiredKeys, !isRequired { return Self.commented([label] + inner, indent) }
            return [label] + inner
        }
        if let defaultValue, defaultValue != .null { return ["\(label) \(YAMLText.flow(defaultValue, type))"] }
        if isRequired { return ["\(label) \(YAMLText.flow(example ?? type.placeholder, type))"] }
        if case .list(.section(let spec)) = type, example == nil {
            let inner = spec.lines(indent: "\(indent)    ")
            return Self.commented([label, "\(indent)  -"] + inner, indent)
        }
        return Self.commented(["\(label) \(YAMLText.flow(example ?? type.placeholder, type))"], indent)
    }

    private static func commented(_ lines: [String], _ indent: String) -> [String] {
        lines.map { $0.isEmpty ? $0 : "\(indent)# \($0.dropFirst(indent.count))" }
    }
}

extension SettingType {
    /// A value that parses, for keys that have neither default nor example.
    var placeholder: SettingValue {
        switch self {
        case .string: .string("change-me")
        case .integer(let range):
            .integer(range.contains(1) ? 1 : range.lowerBound == .min ? range.upperBound : range.lowerBound)
        case .number: .number(1)
        case .boolean: .boolean(true)
        case .duration: .duration(.seconds(1))
        case .byteSize: .integer(1024)
        case .enumeration(let words): .string(words.first ?? "")
        case .list(let item): .list([item.placeholder])
        case .map(let item): .map([.init("name", item.placeholder)])
        case .section(let spec):
            .map(spec.keys.filter(\.isRequired).map { .init($0.name, $0.example ?? $0.type.placeholder) })
        case .any: .string("anything")
        }
    }
}
