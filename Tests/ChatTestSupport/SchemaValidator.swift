package import ChatModel
import Foundation
import Telemetry

/// Holds JSON against a JSON Schema (2020-12), as far as our own schemas go.
///
/// Stricter than the standard: a field that the schema does not name is wrong, and so is a keyword that is not known
/// here, which would otherwise hold for everything.
package enum SchemaValidator {
    private static let keywords: Set<String> = [
        "$schema", "$id", "title", "description", "type", "properties", "required", "items", "enum", "const", "format",
        "pattern", "minimum",
    ]

    /// What is wrong, each with its place; empty when the value is as the schema says.
    package static func problems(_ value: JSONValue, _ schema: JSONValue, at place: String = "") -> [String] {
        guard let rules = schema.object else { return ["\(place): the schema is no object"] }
        var problems = rules.keys.filter { !keywords.contains($0) }.map { "\(place): unknown keyword \($0)" }
        if let type = rules["type"]?.string, !isOfType(value, type) {
            return problems + ["\(place): expected \(type), got \(value)"]
        }
        if let constant = rules["const"], constant != value { problems.append("\(place): expected \(constant)") }
        if let allowed = rules["enum"]?.array, !allowed.contains(value) {
            problems.append("\(place): \(value) is none of \(allowed)")
        }
        if let minimum = rules["minimum"]?.number, let number = value.number, number < minimum {
            problems.append("\(place): \(number) is below \(minimum)")
        }
        if let pattern = rules["pattern"]?.string {
            let isMatch = value.string?.range(of: pattern, options: .regularExpression) != nil
            if !isMatch { problems.append("\(place): \(value) does not match \(pattern)") }
        }
        if let format = rules["format"]?.string {
            let isTime = format == "date-time" && value.string.flatMap { Timestamp.parse($0) } != nil
            if !isTime { problems.append("\(place): \(value) is no \(format)") }
        }
        if let elements = value.array, let schema = rules["items"] {
            for (index, element) in elements.enumerated() {
                problems += self.problems(element, schema, at: "\(place)/\(index)")
            }
        }
        guard let fields = value.object, let properties = rules["properties"]?.object else { return problems }
        for name in (rules["required"]?.array ?? []).compactMap(\.string) where fields[name] == nil {
            problems.append("\(place)/\(name): missing")
        }
        for (name, field) in fields {
            guard let schema = properties[name] else {
                problems.append("\(place)/\(name): not declared")
                continue
            }
            problems += self.problems(field, schema, at: "\(place)/\(name)")
        }
        return problems
    }

    private static func isOfType(_ value: JSONValue, _ type: String) -> Bool {
        switch (value, type) {
        case (.string, "string"), (.integer, "integer"), (.bool, "boolean"), (.array, "array"), (.object, "object"):
            true
        default: false
        }
    }
}
