import ChatModel

extension TemplateFilter {
    static let values: [TemplateFilter] = [
        TemplateFilter(
            "default", [Parameter(name: "value")], "Another value in place of null and of the empty text.",
            (#"{{ event.data.topic | default: "nothing" }}"#, "nothing")
        ) { input throws(TemplateError) in
            switch input.value {
            case .null, .string(""): input.argument(0) ?? .null
            default: input.value
            }
        },
        TemplateFilter(
            "json", [], "The value as JSON.", (#"{{ "a \"b\"" | json }}"#, #""a \"b\"""#)
        ) { input throws(TemplateError) in
            .string(try input.value.jsonText())
        },
        TemplateFilter(
            "parse", [], "The value that a JSON text describes; null when it is none, or too deep.",
            (#"{{ "[1, 2]" | parse | last }}"#, 2)
        ) { input throws(TemplateError) in
            JSONValue(json: Array(try input.text().utf8)) ?? .null
        },
        TemplateFilter(
            "number", [], "The number that a text spells; null when it spells none.", (#"{{ " 42 " | number }}"#, 42)
        ) { input throws(TemplateError) in
            if input.value.number != nil { return input.value }
            return JSONValue.number(of: try input.text()) ?? .null
        },
        TemplateFilter(
            "fixed", [Parameter(name: "digits")], "A number with so many digits behind the point, as text.",
            (#"{{ 2.5 | fixed: 2 }}"#, "2.50"), check: digits
        ) { input throws(TemplateError) in
            guard let number = number(input.value), abs(number) < 1e15 else { return .null }
            return .string(fixed(number, digits: Int(clamping: min(9, max(0, input.argument(0)?.wholeNumber ?? 0)))))
        },
        TemplateFilter(
            "plus", [Parameter(name: "number")], "The sum; null when one of them is no number.",
            (#"{{ 2 | plus: 3 }}"#, 5)
        ) { input throws(TemplateError) in
            guard let left = number(input.value), let right = input.argument(0).flatMap(number) else { return .null }
            return .number(keeping: left + right)
        },
        TemplateFilter(
            "times", [Parameter(name: "number")], "The product; null when one of them is no number.",
            (#"{{ 2.5 | times: 4 }}"#, 10)
        ) { input throws(TemplateError) in
            guard let left = number(input.value), let right = input.argument(0).flatMap(number) else { return .null }
            return .number(keeping: left * right)
        },
        TemplateFilter(
            "length", [], "How many characters a text, items a list or keys a map has.", (#"{{ "Grüße" | length }}"#, 5)
        ) { input throws(TemplateError) in
            switch input.value {
            case .null: 0
            case .array(let items): .integer(Int64(items.count))
            case .object(let fields): .integer(Int64(fields.count))
            default: .integer(Int64(try input.text().count))
            }
        },
        TemplateFilter("first", [], "The first item of a list.", (#"{{ "a b" | split: " " | first }}"#, "a")) {
            input throws(TemplateError) in
            input.items.first ?? .null
        },
        TemplateFilter("last", [], "The last item of a list.", (#"{{ "a b" | split: " " | last }}"#, "b")) {
            input throws(TemplateError) in
            input.items.last ?? .null
        },
        TemplateFilter(
            "take", [Parameter(name: "count")], "The first items of a list.",
            (#"{{ "a b c" | split: " " | take: 2 }}"#, ["a", "b"])
        ) { input throws(TemplateError) in
            .array(Array(input.items.prefix(Int(clamping: max(0, input.argument(0)?.wholeNumber ?? 0)))))
        },
        TemplateFilter(
            "map", [Parameter(name: "key")], "What lies under a key of each item of a list.",
            (#"{{ "[{\"a\": 1}, {\"a\": 2}]" | parse | map: "a" }}"#, [1, 2])
        ) { input throws(TemplateError) in
            let key = try input.text(0)
            return .array(input.items.map { $0[key] ?? .null })
        },
        TemplateFilter(
            "join", [Parameter(name: "separator", isRequired: false)],
            "The items of a list as one text, with `, ` between them unless told otherwise.",
            (#"{{ "a b" | split: " " | join: " and " }}"#, "a and b")
        ) { input throws(TemplateError) in
            let separator = try input.text(0, default: ", ")
            var result = ""
            for (index, item) in input.items.enumerated() {
                if index > 0 { result += separator }
                result += try item.templateText()
                guard result.utf8.count <= JSONValue.longestTemplateText else {
                    throw TemplateError(
                        "`join` would make a text of more than \(JSONValue.longestTemplateText >> 20) MiB")
                }
            }
            return .string(result)
        },
    ]

    private static let digits: @Sendable ([JSONValue?]) -> String? = { arguments in
        guard let first = arguments.first, let first else { return nil }
        return (0...9).contains(first.wholeNumber ?? -1) ? nil : "expected a number from 0 to 9"
    }

    private static func number(_ value: JSONValue) -> Double? {
        value.number ?? value.string.flatMap { JSONValue.number(of: $0)?.number }
    }

    private static func fixed(_ number: Double, digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let whole = (abs(number) * scale).rounded()
        guard let all = Int64(exactly: whole) else { return "\(number)" }
        let sign = number < 0 && all != 0 ? "-" : ""
        let text = "\(all)"
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return digits == 0 ? sign + padded : "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))"
    }
}
