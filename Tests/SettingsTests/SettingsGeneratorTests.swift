import Foundation
import Testing
import YAML

@testable import Settings

@Suite(.timeLimit(.minutes(1)))
struct SettingsGeneratorTests {
    private let full = """
        name: "a: b # c"
        level: warn
        limit: 3KiB
        where: {channel: ["*", "1", 1, null, true], deep: {a: [{b: {env: SECRET}}]}}
        labels: {"odd key:": "", plain: "yes"}
        smtp: {host: {env: SECRET}, password: hunter2, timeout: 1h1m}
        rules: [{id: "\\n", token: hunter2}, {words: [x], id: y}, {token: a, id: z}]
        routes: {north: {to: "ü\\u0007\\u200B"}}
        """
    private let environment = ["SECRET": "hunter2"]

    private func read(_ text: String) -> (settings: Settings, problems: [SettingsProblem]) {
        SettingsReader.read(yaml: text, spec: Examples.spec, file: "a.yaml", environment: environment)
    }

    @Test func `the effective configuration reads back as itself`() {
        var (settings, problems) = read(full.replacing("timeout: 1h1m", with: "timeout: 1m1s"))
        #expect(problems == [])
        let text = settings.rendered(redacting: false)
        let values = settings.values
        (settings, problems) = read(text)
        #expect(problems == [], "\(text)")
        #expect(settings.values == values, "\(text)")
    }

    @Test func `secrets are hidden wherever they stand`() {
        let (settings, problems) = read(full)
        for text in [
            settings.rendered(redacting: true), "\(settings)", String(reflecting: settings),
            String(describing: Mirror(reflecting: settings).children.map(\.value)), "\(problems)",
            "\(settings.sections("rules")[0])",
        ] {
            #expect(!text.contains("hunter2"))
        }
        #expect(settings.description.contains("password: \"<hidden>\""))
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }

    @Test func `the example file reads back as the defaults`() throws {
        let text = Examples.spec.exampleYAML()
        let (settings, problems) = read(text)
        #expect(problems == [], "\(text)")
        #expect(settings.values == read("name: change-me").settings.values)
        for key in Examples.spec.keys where key.deprecated == nil {
            #expect(text.contains("# \(key.documentation)"))
        }
        #expect(SettingsSpec.empty.exampleYAML() == "{}\n")
    }

    @Test func `what the example comments out reads back as well`() {
        let text = Examples.spec.exampleYAML().split(separator: "\n").map { line -> String in
            let trimmed = line.drop { $0 == " " }
            guard trimmed.hasPrefix("# "), trimmed.contains(": ") || trimmed.hasSuffix(":") || trimmed == "#   -",
                !trimmed.hasSuffix(".")
            else { return String(line) }
            return String(line.prefix(line.count - trimmed.count)) + trimmed.dropFirst(2)
        }.joined(separator: "\n")
        #expect(read(text).problems == [], "\(text)")
    }

    @Test func `the reference page has a row for every key`() {
        let page = Examples.spec.documentation(title: "Example")
        #expect(page.hasPrefix("## Example\n"))
        #expect(page.contains("| `name` | text | required | What it is called. |"))
        #expect(page.contains("| `smtp.port` | whole number from 1 to 65535 | `25` | Its port. |"))
        #expect(page.contains("| `rules[].id` |"))
        #expect(page.contains("| `routes.*.to` |"))
        #expect(page.contains("`8MiB`") && page.contains("`90s`") && page.contains("a \\| b"))
    }

    @Test func `the schema is JSON and knows references`() throws {
        let text = Examples.spec.jsonSchema()
        let schema = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        #expect(schema["required"] as? [String] == ["name"])
        #expect(schema["additionalProperties"] as? Bool == false)
        let properties = try #require(schema["properties"] as? [String: [String: Any]])
        #expect(Set(properties.keys) == Set(Examples.spec.keys.map(\.name)))
        #expect(properties["limit"]?["default"] as? String == "8MiB")
        #expect(properties["old"]?["deprecated"] as? Bool == true)
        let kinds = try #require(properties["level"]?["anyOf"] as? [[String: Any]])
        #expect(kinds.contains { $0["enum"] as? [String] == ["debug", "info", "warn"] })
        #expect(kinds.contains { $0["$ref"] as? String == "#/$defs/reference" })
        #expect(((schema["$defs"] as? [String: Any])?["reference"] as? [String: Any])?["oneOf"] != nil)
    }
}
