import YAML

/// Reads one scalar as a value of a scalar type.
struct ScalarReader {
    /// What is wrong with a scalar, with and without the scalar itself.
    struct Complaint: Error {
        let expected: String
        let got: String
        var hint = ""

        func message(hiding isSecret: Bool) -> String {
            isSecret
                ? "expected \(expected), got something else (the value is hidden)"
                : "expected \(expected), got \(got)\(hint)"
        }
    }

    let type: SettingType
    /// Whether quoted text may stand for a number or a truth value.
    let acceptsQuoted: Bool

    func read(_ text: String, _ style: YAMLStyle) -> Result<SettingValue, Complaint> {
        switch type {
        case .string: return .success(.string(text))
        case .enumeration(let words):
            if words.contains(text) { return .success(.string(text)) }
            return .failure(complaint(text, hint: NearMiss.hint(text, among: words)))
        case .duration: return duration(text)
        case .byteSize:
            return ByteSizeText.parse(text).map { .success(.integer($0)) } ?? .failure(complaint(text))
        case .integer, .number, .boolean: return plain(text, style)
        case .list, .section, .map, .any: return .failure(complaint(text))
        }
    }

    private func duration(_ text: String) -> Result<SettingValue, Complaint> {
        if let duration = DurationText.parse(text) { return .success(.duration(duration)) }
        let hint = Int(text).map { " (did you mean `\($0)s`?)" } ?? ""
        return .failure(complaint(text, hint: hint))
    }

    private func plain(_ text: String, _ style: YAMLStyle) -> Result<SettingValue, Complaint> {
        let scalar = YAMLScalar(plain: text)
        if style == .quoted, !acceptsQuoted {
            let hint = if case .string = scalar { "" } else { " (leave the quotes out)" }
            return .failure(
                Complaint(expected: type.expectation, got: "the text \(quoted(text))", hint: hint))
        }
        switch (type, scalar) {
        case (.integer(let range), .integer(let number)) where range.contains(number):
            return .success(.integer(number))
        case (.integer, .number):
            return .failure(
                Complaint(expected: type.expectation.replacing("a number", with: "a whole number"), got: shown(text)))
        case (.number, .integer(let number)): return .success(.number(Double(number)))
        case (.number, .number(let number)) where number.isFinite: return .success(.number(number))
        case (.boolean, .boolean(let flag)): return .success(.boolean(flag))
        case (.boolean, _):
            let meant = ["yes": "true", "on": "true", "no": "false", "off": "false"][text.lowercased()]
            return .failure(complaint(text, hint: meant.map { " (did you mean `\($0)`?)" } ?? ""))
        default: return .failure(complaint(text))
        }
    }

    private func complaint(_ text: String, hint: String = "") -> Complaint {
        Complaint(expected: type.expectation, got: shown(text), hint: hint)
    }

    /// Numbers and truth values as they stand, text in quotes.
    private func shown(_ text: String) -> String {
        if case .string = YAMLScalar(plain: text) { return quoted(text) }
        return text.isEmpty ? "nothing" : String(text.prefix(40))
    }
}

/// Text in quotes, cut to what fits a line, safe to print on a terminal.
func quoted(_ text: String) -> String {
    let cut = text.count > 40 ? text.prefix(40) + "…" : Substring(text)
    return YAMLText.quoted(String(cut))
}
