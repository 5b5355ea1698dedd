import ChatModel

@testable import BridgeRuntime
@testable import Bridges
@testable import Settings
@testable import YAML

extension FuzzTarget {
    /// What operators write: YAML, settings, bridge files, templates.
    static let configurationTargets: [FuzzTarget] = [
        FuzzTarget("yaml", maximumBytes: 8192) { bytes in
            do throws(YAMLError) {
                guard let node = try YAMLParser.parse(bytes: bytes) else { return }
                check(node)
            } catch {
                precondition(error.line > 0 && error.column > 0)
                precondition(error.line <= bytes.count + 1, "an error lies behind the text")
                checkWords(error.message)
            }
        },
        FuzzTarget("settings", maximumBytes: 8192) { bytes in
            let (settings, problems) = SettingsReader.read(yaml: bytes, spec: settingsSpec, file: "a.yaml")
            for problem in problems { checkWords(problem.description) }
            guard problems.errors.isEmpty else { return }
            _ = settings.rendered(redacting: false)
        },
        FuzzTarget("units", maximumBytes: 64) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let duration = DurationText.parse(text) {
                precondition(
                    DurationText.parse(DurationText.format(duration)) == duration, "\(duration) does not come back")
            }
            if let size = ByteSizeText.parse(text) {
                precondition(ByteSizeText.parse(ByteSizeText.format(size)) == size, "\(size) does not come back")
            }
        },
        FuzzTarget("bridge-file", maximumBytes: 8192) { bytes in
            let (_, problems) = BridgeFile.read(
                bytes: bytes, path: "bridges/a.yaml", registry: .standard, environment: [:], usesPlaceholders: true)
            for problem in problems { checkWords(problem.description) }
        },
        FuzzTarget("template") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let (template, problems) = TemplateParser.parse(text, names: templateNames)
            guard problems.isEmpty else { return }
            do throws(TemplateError) {
                _ = try template.value(in: templateScope)
                let text = try template.text(in: templateScope)
                precondition(text.utf8.count <= Template.longestText, "a text is too long")
                _ = try template.url(in: templateScope)
            } catch {
                checkWords("\(error)")
            }
        },
    ]

    private static func check(_ node: YAMLNode) {
        switch node {
        case .scalar: _ = node.resolved
        case .sequence(let items, _): items.forEach(check)
        case .mapping(let pairs, _):
            precondition(Set(pairs.map(\.key)).count == pairs.count, "a key stands twice")
            for pair in pairs { check(pair.value) }
        }
    }

    private static let settingsSpec = SettingsSpec {
        SettingKey("name", .string, "A text.", required: true)
        SettingKey("enabled", .boolean, "A truth.", default: true)
        SettingKey("limit", .byteSize, "A size.", default: "1KiB")
        SettingKey("wait", .duration, "A time.", default: "1s")
        SettingKey("level", .enumeration(["debug", "info"]), "A word.", default: "info")
        SettingKey("count", .integer(-10...1_000_000), "A number.", default: 1)
        SettingKey("ratio", .number, "A ratio.", default: 0.5)
        SettingKey("labels", .map(.integer()), "Numbers by name.")
        SettingKey("on", .list(.string), "Texts.", default: [])
        SettingKey("where", .any, "Anything.")
        SettingKey("password", .string, "A secret.", secret: true)
    }

    private static let templateNames: TemplateNames = {
        var names = TemplateNames()
        names.vars = ["team", "n", "least", "list"]
        names.steps = ["s": .any]
        names.isInLoop = true
        return names
    }()

    private static let templateScope: TemplateScope = {
        var scope = TemplateScope()
        scope.event = [
            "type": "message.created", "cursor": "12-3", "at": "2026-11-30T12:00:00.000Z",
            "data": ["text": "Hello", "tags": ["a", "b"], "t": .integer(.min)],
        ]
        scope.message = [
            "id": 12, "text": "Hello, Wörld 🎉", "author": ["name": "Ada", "kind": "person"],
            "content": ["t": .integer(.min), "big": .integer(.max), "d": .number(1e300)],
        ]
        scope.vars = ["team": "support", "n": .number(-0.5), "least": .integer(.min), "list": [1, "x", nil, [2]]]
        scope.steps = ["s": ["days": [["high": .number(21.5)], ["high": 23]], "ok": true]]
        scope.item = ["n": 1]
        scope.index = 3
        return scope
    }()
}
