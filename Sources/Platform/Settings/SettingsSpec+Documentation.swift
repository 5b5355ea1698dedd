extension SettingsSpec {
    /// A reference page in Markdown: one row a key with its type, its default and its meaning.
    public func documentation(title: String) -> String {
        var text = "## \(title)\n\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n"
        for (path, key) in documented(below: "") {
            let standard =
                if key.isRequired {
                    "required"
                } else if let value = key.defaultValue {
                    key.isSecret ? "hidden" : "`\(YAMLText.flow(value, key.type))`"
                } else {
                    ""
                }
            var meaning = key.documentation
            if key.isSecret { meaning += " Secret: never printed." }
            if let deprecated = key.deprecated { meaning += " Deprecated: \(deprecated)." }
            text += "| `\(path)` | \(key.type.name) | \(cell(standard)) | \(cell(meaning)) |\n"
        }
        return text
            + "\nAny value may be `{ env: NAME }` or `{ file: path }`, the path relative to this file; such a value is never printed.\n"
    }

    /// Keys in order, each section's own keys behind it.
    private func documented(below prefix: String) -> [(path: String, key: SettingKey)] {
        keys.flatMap { key -> [(path: String, key: SettingKey)] in
            let path = "\(prefix)\(key.name)"
            var rows = [(path: path, key: key)]
            switch key.type {
            case .section(let spec): rows += spec.documented(below: "\(path).")
            case .list(.section(let spec)): rows += spec.documented(below: "\(path)[].")
            case .map(.section(let spec)): rows += spec.documented(below: "\(path).*.")
            default: break
            }
            return rows
        }
    }

    private func cell(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("|", with: "\\|").replacing("\n", with: " ")
    }
}

extension SettingType {
    /// A short name for reference pages.
    var name: String {
        switch self {
        case .string: "text"
        case .integer: expectation.replacing("a number", with: "whole number")
        case .number: "number"
        case .boolean: "true or false"
        case .duration: "duration"
        case .byteSize: "size"
        case .enumeration(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .list(let item): "list of \(item.name)"
        case .section: "section"
        case .map(let item): "map of \(item.name)"
        case .any: "any value"
        }
    }
}
