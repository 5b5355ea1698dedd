extension Settings: CustomStringConvertible, CustomReflectable {
    /// The effective configuration without its secrets.
    public var description: String { rendered(redacting: true) }

    /// Shows nothing beyond the description, so that a dump gives no secret away.
    public var customMirror: Mirror { Mirror(self, children: ["settings": description]) }

    /// The effective configuration as YAML: every key, defaults filled in, in the order of its declaration.
    ///
    /// With `redacting`, secrets and whatever came from `{ env: … }` or `{ file: … }` show as `"<hidden>"`; without, the
    /// text reads back as the same settings.
    public func rendered(redacting: Bool) -> String {
        var lines: [String] = []
        render(values, .section(spec), path, indent: "", redacting: redacting, &lines)
        return lines.isEmpty ? "{}\n" : lines.joined(separator: "\n") + "\n"
    }

    /// The texts that must not be printed, wherever they turn up.
    package var hiddenTexts: [String] {
        var texts: Set<String> = []
        gather(values, path, isHidden: false, &texts)
        return texts.sorted()
    }

    private func gather(_ value: SettingValue, _ path: String, isHidden: Bool, _ texts: inout Set<String>) {
        let isHidden = isHidden || source.hidden.contains(path)
        switch value {
        case .string(let text): if isHidden { texts.insert(text) }
        case .list(let items):
            for (index, item) in items.enumerated() { gather(item, "\(path)[\(index)]", isHidden: isHidden, &texts) }
        case .map(let entries):
            for entry in entries {
                gather(entry.value, ValueReader.join(path, entry.key), isHidden: isHidden, &texts)
            }
        case .null, .integer, .number, .boolean, .duration: break
        }
    }

    private func render(
        _ value: SettingValue, _ type: SettingType, _ path: String, indent: String, redacting: Bool,
        _ lines: inout [String]
    ) {
        for entry in value.entries {
            let below = ValueReader.join(path, entry.key)
            let inner = type.type(below: entry.key)
            let label = "\(indent)\(YAMLText.string(entry.key)):"
            switch entry.value {
            case .null:
                // A key that was left out is shown as a comment: `key: null` would be a value of some types.
                lines.append("\(indent)# \(YAMLText.string(entry.key)):")
            case _ where redacting && source.hidden.contains(below): lines.append("\(label) \"<hidden>\"")
            case .map(let entries) where !entries.isEmpty:
                lines.append(label)
                render(entry.value, inner, below, indent: indent + "  ", redacting: redacting, &lines)
            case .list(let items) where items.contains { $0.isComposite }:
                lines.append(label)
                render(items, inner, below, indent: indent + "  ", redacting: redacting, &lines)
            default: lines.append("\(label) \(flow(entry.value, inner, below, redacting: redacting))")
            }
        }
    }

    private func render(
        _ items: [SettingValue], _ type: SettingType, _ path: String, indent: String, redacting: Bool,
        _ lines: inout [String]
    ) {
        var inner = SettingType.any
        if case .list(let item) = type { inner = item }
        for (index, item) in items.enumerated() {
            let below = "\(path)[\(index)]"
            var own: [String] = []
            if case .map = item {
                render(item, inner, below, indent: "\(indent)  ", redacting: redacting, &own)
            }
            // The first key stands behind the dash; a section that begins with a comment cannot.
            if let first = own.first, !first.hasPrefix("\(indent)  #") {
                lines.append("\(indent)- \(first.dropFirst(indent.count + 2))")
                lines += own.dropFirst()
            } else if own.contains(where: { !$0.drop(while: { $0 == " " }).hasPrefix("#") }) {
                lines.append("\(indent)-")
                lines += own
            } else {
                lines.append("\(indent)- \(flow(item, inner, below, redacting: redacting))")
            }
        }
    }

    /// A value on one line, with what must not be seen covered at any depth.
    private func flow(_ value: SettingValue, _ type: SettingType, _ path: String, redacting: Bool) -> String {
        YAMLText.flow(redacting ? redacted(value, path) : value, type)
    }

    private func redacted(_ value: SettingValue, _ path: String) -> SettingValue {
        if value != .null, source.hidden.contains(path) { return .string("<hidden>") }
        switch value {
        case .list(let items):
            return .list(items.enumerated().map { redacted($1, "\(path)[\($0)]") })
        case .map(let entries):
            return .map(entries.map { .init($0.key, redacted($0.value, ValueReader.join(path, $0.key))) })
        default: return value
        }
    }
}

extension SettingValue {
    fileprivate var isComposite: Bool {
        switch self {
        case .list, .map: true
        default: false
        }
    }
}
