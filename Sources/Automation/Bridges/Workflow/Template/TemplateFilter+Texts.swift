import ChatModel
import Crypto
import HTTPTypes
import PatternMatching

extension TemplateFilter {
    static let texts: [TemplateFilter] = [
        TemplateFilter("upper", [], "In capital letters.", (#"{{ "Hello" | upper }}"#, "HELLO")) {
            input throws(TemplateError) in
            try bounded(try input.text().uppercased())
        },
        TemplateFilter("lower", [], "In small letters.", (#"{{ "Hello" | lower }}"#, "hello")) {
            input throws(TemplateError) in
            try bounded(try input.text().lowercased())
        },
        TemplateFilter(
            "trim", [], "Without blanks and line ends at both ends.", (#"{{ "  a b " | trim }}"#, "a b")
        ) { input throws(TemplateError) in
            let text = try input.text()
            guard let first = text.firstIndex(where: { !$0.isWhitespace }),
                let last = text.lastIndex(where: { !$0.isWhitespace })
            else { return "" }
            return .string(String(text[first...last]))
        },
        TemplateFilter(
            "truncate", [Parameter(name: "length"), Parameter(name: "ending", isRequired: false)],
            "At most so many characters, the ending (`…` when left out) among them.",
            (#"{{ "A long story" | truncate: 7 }}"#, "A long…"), check: wholeNumber
        ) { input throws(TemplateError) in
            let text = try input.text()
            let length = Int(clamping: max(0, input.argument(0)?.wholeNumber ?? 0))
            guard text.count > length else { return .string(text) }
            let ending = String(try input.text(1, default: "…").prefix(length))
            return .string(String(text.prefix(length - ending.count)) + ending)
        },
        TemplateFilter(
            "replace", [Parameter(name: "text"), Parameter(name: "by")],
            "With every occurrence of one text replaced by another.", (#"{{ "a-b-c" | replace: "-", "." }}"#, "a.b.c")
        ) { input throws(TemplateError) in
            try replaced(try input.text(), try input.text(0), try input.text(1))
        },
        TemplateFilter(
            "split", [Parameter(name: "separator")], "A list of the parts between separators, without empty ones.",
            (#"{{ "a, b" | split: ", " }}"#, ["a", "b"])
        ) { input throws(TemplateError) in
            try parts(of: try input.text(), at: try input.text(0))
        },
        TemplateFilter(
            "extract", [Parameter(name: "expression")],
            "The first part that an expression matches, in any case; null when none does. The expression stands in "
                + "quotes and goes without look-around; groups are not told apart.",
            (##"{{ "see #4711!" | extract: "#\d+" }}"##, "#4711"), takesPattern: true
        ) { input throws(TemplateError) in
            let text = try input.text()
            guard let match = input.pattern?.firstMatch(in: text) else { return .null }
            return .string(String(decoding: Array(text.utf8)[match.range], as: UTF8.self))
        },
        TemplateFilter(
            "url", [], "Percent-encoded, as one part of a URL.", (#"{{ "a/b c" | url }}"#, "a%2Fb%20c")
        ) { input throws(TemplateError) in
            try bounded(PercentEncoding.encode(try input.text()))
        },
        TemplateFilter(
            "markdown", [], "With a backslash before what Markdown would take for marks, so that it shows as it is.",
            (#"{{ "*not bold*" | markdown }}"#, #"\*not bold\*"#)
        ) { input throws(TemplateError) in
            var result = ""
            for character in try input.text() {
                if "\\`*_{}[]()<>#+-.!|~@:&=".contains(character) { result += "\\" }
                result.append(character)
            }
            return try bounded(result)
        },
        TemplateFilter(
            "quote", [], "As a quotation in Markdown: `> ` before each line.", (#"{{ "a\nb" | quote }}"#, "> a\n> b")
        ) { input throws(TemplateError) in
            let lines = try input.text().split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            return try bounded(lines.map { "> \($0)" }.joined(separator: "\n"))
        },
        TemplateFilter(
            "base64", [], "In Base64, as `Authorization: Basic` wants it.",
            (#"{{ "me:secret" | base64 }}"#, "bWU6c2VjcmV0")
        ) { input throws(TemplateError) in
            try bounded(Base64.encode(Array(try input.text().utf8)))
        },
        TemplateFilter(
            "date", [Parameter(name: "format"), Parameter(name: "zone", isRequired: false)],
            "A time in another form: %Y %m %d %H %M %S, %y, %e (day without zero), %j (day of the year), %a %A, %b %B, "
                + "%I %p, %z, %s (seconds since 1970) and %%. The zone is UTC, an offset such as `+02:00` or a name such "
                + "as `Europe/Berlin`. Null when the value is no time.",
            (#"{{ "2026-01-31T09:05:07.120Z" | date: "%d %b, %H:%M", "+01:00" }}"#, "31 Jan, 10:05"), check: dateFormat
        ) { input throws(TemplateError) in
            guard let time = DateFormat.milliseconds(of: input.value),
                let zone = DateFormat.offset(of: try input.text(1, default: "UTC"), at: time),
                let text = DateFormat.text(of: time, try input.text(0), offset: zone)
            else { return .null }
            return try bounded(text)
        },
    ]

    private static let wholeNumber: @Sendable ([JSONValue?]) -> String? = { arguments in
        guard let first = arguments.first, let first else { return nil }
        return (first.wholeNumber ?? -1) >= 0 ? nil : "expected a whole number"
    }

    private static let dateFormat: @Sendable ([JSONValue?]) -> String? = { arguments in
        if let format = arguments[0] {
            guard let text = format.string else { return "expected a format in quotes, such as \"%Y-%m-%d\"" }
            if let unknown = DateFormat.unknownDirective(in: text) {
                return "unknown directive `\(unknown)`; there are \(DateFormat.directives)"
            }
        }
        guard arguments.count > 1, let zone = arguments[1] else { return nil }
        guard let name = zone.string, DateFormat.offset(of: name, at: 0) != nil else {
            return "expected a zone such as \"+02:00\" or \"Europe/Berlin\""
        }
        return nil
    }

    private static func replaced(
        _ text: String, _ old: String, _ new: String
    ) throws(TemplateError) -> JSONValue {
        let bytes = Array(text.utf8)
        let places = ByteSearch(old).occurrences(in: bytes)
        let length = bytes.count + places.count * (new.utf8.count - old.utf8.count)
        guard length <= JSONValue.longestTemplateText else {
            throw TemplateError("`replace` would make a text of more than \(JSONValue.longestTemplateText >> 20) MiB")
        }
        var result: [UInt8] = []
        result.reserveCapacity(length)
        var start = 0
        for place in places {
            result += bytes[start..<place]
            result += new.utf8
            start = place + old.utf8.count
        }
        result += bytes[start...]
        return .string(String(decoding: result, as: UTF8.self))
    }

    private static func parts(of text: String, at separator: String) throws(TemplateError) -> JSONValue {
        let bytes = Array(text.utf8)
        let places = ByteSearch(separator).occurrences(in: bytes)
        guard places.count < mostItems else {
            throw TemplateError("`split` would make a list of more than \(mostItems) items")
        }
        var parts: [JSONValue] = []
        var start = 0
        for place in places + [bytes.count] {
            if place > start { parts.append(.string(String(decoding: bytes[start..<place], as: UTF8.self))) }
            start = place + separator.utf8.count
        }
        return .array(parts)
    }
}
