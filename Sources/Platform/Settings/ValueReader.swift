import YAML

/// Walks a YAML tree beside its declaration and gathers values, places and problems.
struct ValueReader {
    /// A place in the file, or the variable or flag that a value came from.
    enum Place: Sendable, Hashable {
        case mark(YAMLMark)
        case origin(String)
    }

    let file: String
    let references: ReferenceResolver
    var overrides: [String: SettingsOverride] = [:]
    private(set) var problems: [SettingsProblem] = []
    /// Where each given path stands.
    private(set) var places: [String: Place] = [:]
    /// Where the keys of trees stand whose shape was not declared.
    private(set) var keyPlaces: [String: Place] = [:]
    /// Paths whose value must not be printed.
    private(set) var hidden: Set<String> = []
    /// Set while the value of an override is read.
    private var origin: String?
    /// Whether quoted text may stand for a number: in defaults, which are written in Swift.
    private var acceptsQuoted = false
    /// Whether something stands in for what a reference cannot fetch.
    var usesPlaceholders = false
    private var placeholders: Set<String> = []
    private var example: (path: String, value: SettingValue)?

    init(file: String, references: ReferenceResolver) {
        self.file = file
        self.references = references
    }

    // MARK: Sections

    /// Reads the keys of a section; what was left out is filled in from the defaults.
    mutating func section(_ node: YAMLNode?, _ spec: SettingsSpec, _ path: String, isSecret: Bool) -> SettingValue {
        var pairs: [YAMLPair] = []
        switch node {
        case .mapping(let found, _)?: pairs = found
        case let node?:
            if node.resolved != .null { reportType(node, .section(spec), path, isSecret) }
        case nil: break
        }
        for pair in pairs where spec[pair.key] == nil {
            let hint = NearMiss.hint(pair.key, among: spec.keys.map(\.name))
            report(pair.keyMark, Self.join(path, pair.key), "unknown key\(hint)")
        }
        return .map(
            spec.keys.map { key in
                let pair = pairs.first { $0.key == key.name }
                let place = pair?.keyMark ?? node?.mark
                return SettingValue.Entry(
                    key.name, value(of: key, pair, sectionMark: place, Self.join(path, key.name), isSecret: isSecret))
            })
    }

    private mutating func value(
        of key: SettingKey, _ pair: YAMLPair?, sectionMark: YAMLMark?, _ path: String, isSecret: Bool
    ) -> SettingValue {
        let isSecret = isSecret || key.isSecret
        if isSecret { hidden.insert(path) }
        if let override = overrides[path] { return value(of: key, override, path, isSecret: isSecret) }
        if let pair, pair.value.resolved != .null || key.type.isAny {
            return checked(key, pair.value, pair.keyMark, path, isSecret: isSecret)
        }
        if case .section(let spec) = key.type {
            let isOverridden = overrides.keys.contains { $0.hasPrefix("\(path).") }
            if key.isRequired || isOverridden || !spec.hasRequiredKeys, key.defaultValue == nil {
                return section(
                    .mapping([], mark: sectionMark ?? YAMLMark(line: 1, column: 1)), spec, path, isSecret: isSecret)
            }
        }
        if key.isRequired {
            report(
                sectionMark ?? YAMLMark(line: 1, column: 1), path, "missing; expected \(key.type.expectation)")
        }
        return key.defaultValue ?? .null
    }

    /// Reads a value that was given, and complains about the key itself.
    private mutating func checked(
        _ key: SettingKey, _ node: YAMLNode, _ mark: YAMLMark, _ path: String, isSecret: Bool
    ) -> SettingValue {
        if let deprecated = key.deprecated {
            report(mark, path, "deprecated; \(deprecated)", isWarning: true)
        }
        example = key.example.map { (path, $0) }
        guard let value = value(node, key.type, path, isSecret: isSecret) else { return key.defaultValue ?? .null }
        if !placeholders.contains(path), let complaint = key.validation?(value) {
            report(node.mark, path, complaint)
            return key.defaultValue ?? .null
        }
        return value
    }

    private mutating func value(
        of key: SettingKey, _ override: SettingsOverride, _ path: String, isSecret: Bool
    ) -> SettingValue {
        origin = override.origin
        defer { origin = nil }
        let mark = YAMLMark(line: 1, column: 1)
        if key.type.isScalar {
            acceptsQuoted = true
            defer { acceptsQuoted = false }
            return checked(
                key, .scalar(override.value, style: .quoted, mark: mark), mark, path, isSecret: isSecret)
        }
        do throws(YAMLError) {
            let node = try ReferenceResolver.tree(override.value, for: key.type, mark)
            return checked(key, node, mark, path, isSecret: isSecret)
        } catch {
            report(mark, path, error.message)
            return key.defaultValue ?? .null
        }
    }

    // MARK: Values

    /// Reads a value of a type; nil after reporting what is wrong with it.
    mutating func value(_ node: YAMLNode, _ type: SettingType, _ path: String, isSecret: Bool) -> SettingValue? {
        places[path] = origin.map { .origin($0) } ?? .mark(node.mark)
        if let reference = Reference(node, for: type) { return value(reference, node, type, path) }
        switch (type, node) {
        case (.section(let spec), .mapping):
            return section(node, spec, path, isSecret: isSecret)
        case (.map(let item), .mapping(let pairs, _)):
            return .map(
                pairs.compactMap { pair in
                    let path = Self.join(path, pair.key)
                    if isSecret { hidden.insert(path) }
                    return value(pair.value, item, path, isSecret: isSecret).map { .init(pair.key, $0) }
                })
        case (.list(let item), .sequence(let nodes, _)):
            return .list(
                nodes.enumerated().compactMap { index, node in
                    value(node, item, "\(path)[\(index)]", isSecret: isSecret)
                })
        case (.list(let item), .scalar) where item.isScalar:
            return value(node, item, path, isSecret: isSecret).map { .list([$0]) }
        case (.any, _):
            return tree(node, path)
        case (_, .scalar(let text, let style, _)) where type.isScalar:
            switch ScalarReader(type: type, acceptsQuoted: acceptsQuoted).read(text, style) {
            case .success(let value): return value
            case .failure(let complaint):
                report(node.mark, path, complaint.message(hiding: isSecret))
                return nil
            }
        default:
            reportType(node, type, path, isSecret)
            return nil
        }
    }

    private mutating func value(
        _ reference: Reference, _ node: YAMLNode, _ type: SettingType, _ path: String
    ) -> SettingValue? {
        hidden.insert(path)
        do throws(ReferenceError) {
            let text = try references.text(of: reference)
            let resolved = try ReferenceResolver.node(text, for: type, reference, node.mark)
            let before = acceptsQuoted
            acceptsQuoted = true
            defer { acceptsQuoted = before }
            return value(resolved, type, path, isSecret: true)
        } catch {
            guard usesPlaceholders else {
                report(node.mark, path, error.message)
                return nil
            }
            report(node.mark, path, "\(error.message); a placeholder stands in for it", isWarning: true)
            placeholders.insert(path)
            return example.flatMap { $0.path == path ? $0.value : nil } ?? type.placeholder
        }
    }

    /// Takes whatever stands there, resolving references on the way.
    private mutating func tree(_ node: YAMLNode, _ path: String) -> SettingValue? {
        switch node {
        case .scalar:
            switch node.resolved {
            case .boolean(let flag)?: return .boolean(flag)
            case .integer(let number)?: return .integer(number)
            case .number(let number)?: return .number(number)
            case .string(let text)?: return .string(text)
            case .null?, nil: return .null
            }
        case .sequence(let nodes, _):
            return .list(
                nodes.enumerated().map { index, node in
                    // A reference without a value leaves its place, so that the others keep theirs.
                    value(node, .any, "\(path)[\(index)]", isSecret: false) ?? .string("")
                })
        case .mapping(let pairs, _):
            return .map(
                pairs.map { pair in
                    let path = Self.join(path, pair.key)
                    keyPlaces[path] = origin.map { .origin($0) } ?? .mark(pair.keyMark)
                    return .init(pair.key, value(pair.value, .any, path, isSecret: false) ?? .string(""))
                })
        }
    }

    // MARK: Problems

    mutating func report(_ mark: YAMLMark, _ path: String, _ message: String, isWarning: Bool = false) {
        if let origin {
            problems.append(SettingsProblem(file: origin, path: path, message: message, isWarning: isWarning))
        } else {
            problems.append(
                SettingsProblem(
                    file: file, line: mark.line, column: mark.column, path: path, message: message,
                    isWarning: isWarning))
        }
    }

    mutating func report(_ problem: SettingsProblem) { problems.append(problem) }

    private mutating func reportType(_ node: YAMLNode, _ type: SettingType, _ path: String, _ isSecret: Bool) {
        let got =
            switch node {
            case .sequence: "a list"
            case .mapping: "keys and values"
            case .scalar(let text, _, _): isSecret ? "a hidden value" : text.isEmpty ? "nothing" : quoted(text)
            }
        report(node.mark, path, "expected \(type.expectation), got \(got)")
    }

    static func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    // MARK: Defaults

    /// A default in the form in which the reader would have given it.
    static func normalised(
        _ value: SettingValue, _ type: SettingType, _ name: String, _ validation: SettingKey.Validation?
    ) -> SettingValue {
        var reader = ValueReader(file: "default", references: ReferenceResolver(folder: ".", environment: [:]))
        reader.acceptsQuoted = true
        let result = reader.value(value.node, type, name, isSecret: false)
        let complaint = reader.problems.first?.description ?? result.flatMap { validation?($0) }
        precondition(complaint == nil, "a declared default does not fit: \(complaint ?? "")")
        return result ?? .null
    }
}

extension SettingType {
    var isAny: Bool { if case .any = self { true } else { false } }
}

extension SettingValue {
    /// The node that reads back as this value where quoted text may stand for numbers.
    fileprivate var node: YAMLNode {
        let mark = YAMLMark(line: 0, column: 0)
        switch self {
        case .null: return .scalar("", style: .plain, mark: mark)
        case .string(let text): return .scalar(text, style: .quoted, mark: mark)
        case .integer, .number, .boolean, .duration:
            return .scalar(text ?? "", style: .plain, mark: mark)
        case .list(let items): return .sequence(items.map(\.node), mark: mark)
        case .map(let entries):
            return .mapping(entries.map { YAMLPair(key: $0.key, keyMark: mark, value: $0.value.node) }, mark: mark)
        }
    }
}
