import ChatModel
import Settings

/// The keys below the name of one step.
struct StepFields {
    let kind: StepKind
    let values: [String: SettingValue]
    let path: String
    /// Whether the value stands there without keys.
    let isShort: Bool

    func place(_ name: String) -> String { isShort ? path : "\(path).\(name)" }
}

extension StepReader {
    static let longestWait = Duration.seconds(30 * 86_400)
    private static let longestTimeout = Duration.seconds(120)
    private static let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    /// Headers that the client writes.
    private static let reservedHeaders: Set<String> = ["content-length", "host", "transfer-encoding", "connection"]

    /// The keys of a step, checked against its declaration.
    mutating func fields(of kind: StepKind, _ value: SettingValue, at path: String) -> StepFields? {
        guard case .map(let entries) = value else {
            guard let short = kind.short, value != .null else {
                let keys = kind.fields.filter(\.isRequired).map { "\($0.name): …" }.joined(separator: ", ")
                report(path, "expected keys and values: { \(keys) }")
                return nil
            }
            return reportMissing(StepFields(kind: kind, values: [short: value], path: path, isShort: true))
        }
        let names = kind.fields.map(\.name)
        let unknown = entries.map(\.key).filter { !names.contains($0) }
        for key in unknown {
            report(key: "\(path).\(key)", "unknown key\(NearMiss.hint(key, among: names))")
        }
        return reportMissing(
            StepFields(
                kind: kind, values: Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.value) }), path: path,
                isShort: false), besides: unknown.compactMap { NearMiss.of($0, among: names) })
    }

    /// - Parameter meant: The keys that were written wrongly.
    private mutating func reportMissing(_ fields: StepFields, besides meant: [String] = []) -> StepFields? {
        let missing = fields.kind.fields.filter { $0.isRequired && fields.values[$0.name, default: .null] == .null }
        for field in missing where !meant.contains(field.name) {
            report(fields.path, "`\(field.name)` is missing; expected \(field.type)")
        }
        return missing.isEmpty ? fields : nil
    }

    // MARK: Values

    private mutating func optional(_ fields: StepFields, _ name: String) -> Template? {
        switch fields.values[name] {
        case nil, .null?: return nil
        case .string(let text)?: return template(text, at: fields.place(name))
        case .integer?, .number?, .boolean?: return Template(literal: fields.values[name]?.text ?? "")
        default:
            report(fields.place(name), "expected a text")
            return nil
        }
    }

    /// A template that was checked to be there.
    private mutating func required(_ fields: StepFields, _ name: String) -> Template {
        optional(fields, name) ?? Template(literal: "")
    }

    private mutating func flag(_ fields: StepFields, _ name: String) -> Bool {
        switch fields.values[name] {
        case nil, .null?: return false
        case .boolean(let flag)?: return flag
        default:
            report(fields.place(name), "expected true or false")
            return false
        }
    }

    private mutating func word(_ fields: StepFields, _ name: String, of words: [String]) -> String? {
        guard let value = fields.values[name], value != .null else { return nil }
        if let word = value.string, words.contains(word) { return word }
        let hint = value.string.map { NearMiss.hint($0, among: words) } ?? ""
        report(fields.place(name), "expected one of \(words.joined(separator: ", "))\(hint)")
        return nil
    }

    private mutating func duration(
        _ fields: StepFields, _ name: String, _ range: ClosedRange<Duration>, _ bound: String
    ) -> Duration? {
        guard let value = fields.values[name], value != .null else { return nil }
        if let duration = value.duration, range.contains(duration) { return duration }
        report(fields.place(name), "expected a duration up to \(bound), such as 90s, 10m or 2h")
        return nil
    }

    private mutating func pairs(_ fields: StepFields, _ name: String) -> [(name: String, value: Template)] {
        guard let value = fields.values[name], value != .null else { return [] }
        guard case .map(let entries) = value else {
            report(fields.place(name), "expected keys and values")
            return []
        }
        return entries.compactMap { entry in
            let place = "\(fields.place(name)).\(entry.key)"
            switch entry.value {
            case .string(let text): return (entry.key, template(text, at: place))
            case .integer, .number, .boolean: return (entry.key, Template(literal: entry.value.text ?? ""))
            default:
                report(place, "expected a text")
                return nil
            }
        }
    }

    /// Of several keys that exclude each other, the one that is there.
    private mutating func only(_ fields: StepFields, _ names: [String], isRequired: Bool) -> String? {
        let given = names.filter { fields.values[$0] != nil }
        if given.count > 1 {
            report(key: fields.place(given[1]), "`\(given[0])` and `\(given[1])` exclude each other")
        } else if given.isEmpty, isRequired {
            report(fields.path, "one of \(names.map { "`\($0)`" }.joined(separator: ", ")) is missing")
        }
        return given.first
    }

    // MARK: Kinds

    mutating func action(_ fields: StepFields) -> Step.Action? {
        switch fields.kind.name {
        case "post":
            return .post(
                PostStep(
                    channel: optional(fields, "channel"), text: required(fields, "text"),
                    thread: optional(fields, "thread"), isReply: false, author: optional(fields, "author")))
        case "reply":
            return .post(
                PostStep(
                    channel: nil, text: required(fields, "text"), thread: nil, isReply: true,
                    author: optional(fields, "author")))
        case "edit": return .edit(message: required(fields, "message"), text: required(fields, "text"))
        case "react":
            return .react(
                emoji: required(fields, "emoji"), message: optional(fields, "message"), isOn: !flag(fields, "remove"))
        case "delete": return .delete(message: required(fields, "message"))
        case "read": return .read(message: optional(fields, "message"))
        case "call": return call(fields)
        case "mail": return mail(fields)
        case "set": return set(fields)
        case "get": return stored(fields).map { .get($0) }
        case "unset": return stored(fields).map { .unset($0) }
        case "wait": return wait(fields)
        default: return .deadLetter(required(fields, "reason"))
        }
    }

    private mutating func call(_ fields: StepFields) -> Step.Action? {
        let url = required(fields, "url")
        if case .text(let start)? = url.pieces.first, !start.hasPrefix("https://"), !start.hasPrefix("http://") {
            report(fields.place("url"), "expected an http or https URL")
        }
        let body: CallStep.Body
        switch only(fields, ["json", "form", "body"], isRequired: false) {
        case "json"?: body = .json(tree(fields.values["json"] ?? .null, at: fields.place("json")))
        case "form"?: body = .form(pairs(fields, "form"))
        case "body"?: body = .text(required(fields, "body"))
        default: body = .none
        }
        let hasBody = if case .none = body { false } else { true }
        let method = word(fields, "method", of: Self.methods) ?? (hasBody ? "POST" : "GET")
        if hasBody, method == "GET" { report(fields.place("method"), "a GET has no body") }
        let headers = pairs(fields, "headers")
        for header in headers where !Self.isHeaderName(header.name) {
            report(key: "\(fields.place("headers")).\(header.name)", "no header can have this name here")
        }
        let timeout = duration(fields, "timeout", .milliseconds(1)...Self.longestTimeout, "2m")
        return .call(
            CallStep(
                method: method, url: url, headers: headers, body: body, timeout: timeout ?? .seconds(15),
                expected: statuses(fields), goesOn: goesOn(fields)))
    }

    private static func isHeaderName(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count) && !reservedHeaders.contains(name.lowercased())
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || "-_".utf8.contains($0)
            }
    }

    private mutating func goesOn(_ fields: StepFields) -> Bool {
        word(fields, "on_error", of: ["fail", "continue"]) == "continue"
    }

    private mutating func statuses(_ fields: StepFields) -> [ClosedRange<Int>] {
        guard let value = fields.values["expect"], value != .null else { return [200...299] }
        var found: [ClosedRange<Int>] = []
        for item in value.items {
            if let range = Self.statuses(item.text ?? "") {
                found.append(range)
            } else {
                report(fields.place("expect"), "expected statuses such as 200, 2xx or 200-204")
            }
        }
        return found.isEmpty ? [200...299] : found
    }

    private static func statuses(_ text: String) -> ClosedRange<Int>? {
        if text.count == 3, text.hasSuffix("xx"), let first = text.first?.wholeNumberValue, (1...5).contains(first) {
            return first * 100...first * 100 + 99
        }
        let bounds = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard (1...2).contains(bounds.count), let low = bounds.first, let high = bounds.last, low <= high,
            low >= 100, high <= 599
        else { return nil }
        return low...high
    }

    private mutating func mail(_ fields: StepFields) -> Step.Action? {
        if !hasRelay { report(fields.path, "mail needs a relay: `settings.smtp`") }
        return .mail(
            MailStep(
                to: templates(fields.values["to"] ?? .null, at: fields.place("to")),
                subject: required(fields, "subject"), text: required(fields, "text"),
                replyTo: optional(fields, "reply_to"), goesOn: goesOn(fields)))
    }

    private mutating func set(_ fields: StepFields) -> Step.Action? {
        let key = required(fields, "key")
        let isInitial = flag(fields, "if_absent")
        let timeToLive = duration(fields, "ttl", .seconds(1)...Duration.seconds(366 * 86_400), "366d")
        let change: SetStep.Change
        switch only(fields, ["value", "increment"], isRequired: true) {
        case "value"?:
            let value = tree(fields.values["value"] ?? .null, at: fields.place("value"))
            change = isInitial ? .initial(value) : .value(value)
        case "increment"?:
            if isInitial { report(key: fields.place("if_absent"), "`increment` and `if_absent` exclude each other") }
            if case .string(let text)? = fields.values["increment"], !text.contains("{{"), Int64(text) == nil {
                report(fields.place("increment"), "expected a whole number")
            }
            change = .increment(required(fields, "increment"))
        default: return nil
        }
        return .set(SetStep(key: key, change: change, timeToLive: timeToLive))
    }

    private mutating func stored(_ fields: StepFields) -> GetStep? {
        guard let name = only(fields, ["key", "under"], isRequired: true) else { return nil }
        let text = required(fields, name)
        guard let value = fields.values["limit"], value != .null else {
            return GetStep(subject: name == "key" ? .key(text) : .under(text), limit: 100)
        }
        guard case .integer(let limit) = value, (1...100).contains(limit), name == "under" else {
            report(fields.place("limit"), "expected a whole number from 1 to 100, together with `under`")
            return nil
        }
        return GetStep(subject: .under(text), limit: limit)
    }

    private mutating func wait(_ fields: StepFields) -> Step.Action? {
        guard let name = only(fields, ["for", "until"], isRequired: true) else { return nil }
        if name == "until" { return .wait(.until(required(fields, "until"))) }
        if let text = fields.values["for"]?.string, text.contains("{{") { return .wait(.text(required(fields, "for"))) }
        return duration(fields, "for", .milliseconds(1)...Self.longestWait, "30d").map { .wait(.duration($0)) }
    }
}
