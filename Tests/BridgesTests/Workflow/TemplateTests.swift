import ChatModel
import Testing

@testable import Bridges

struct TemplateTests {
    private static let names: TemplateNames = {
        var names = TemplateNames()
        names.vars = ["team"]
        names.steps = ["weather": .any, "said": .fields(["id", "text"])]
        names.laterSteps = ["later"]
        names.isInLoop = true
        return names
    }()

    static let scope: TemplateScope = {
        var scope = TemplateScope()
        scope.event = ["type": "message.created", "data": ["text": "Hello, World", "tags": ["a", "b"], "odd key": 7]]
        scope.message = ["id": 12, "text": "Hello, World", "author": ["name": "Ada", "kind": "person"]]
        scope.vars = ["team": "support"]
        scope.steps = ["weather": ["days": [["high": .number(21.5)], ["high": 23]], "ok": true]]
        scope.item = ["n": 1]
        scope.index = 3
        return scope
    }()

    private func value(_ text: String) throws -> JSONValue {
        let (template, problems) = TemplateParser.parse(text, names: Self.names)
        #expect(problems.isEmpty, "\(problems)")
        return try template.value(in: Self.scope)
    }

    @Test(
        arguments: [
            ("plain", "plain"), ("", ""), ("{{ message.text }}", "Hello, World"),
            ("Hi {{message.author.name}}!", "Hi Ada!"), ("{{ message.id }}", 12), ("no. {{ message.id }}", "no. 12"),
            ("{{ event.data.tags }}", ["a", "b"]), ("{{ event.data.tags }}.", #"["a","b"]."#),
            ("{{ event.data.tags[1] }}{{ event.data.tags[-1] }}{{ event.data.tags.0 }}", "bba"),
            (#"{{ event.data["odd key"] }}"#, 7), ("{{ event.data['odd key'] }}", 7),
            ("{{ event.data.tags[9] }}", .null), ("{{ event.data.text.more.still }}", .null),
            ("<{{ event.data.no }}>", "<>"),
            ("{{ steps.weather.days[0].high }}", .number(21.5)), ("{{ steps.weather.ok }}", true),
            ("{{ steps.weather.days | map: 'high' | join: '/' }}", "21.5/23"),
            ("{{ vars.team | upper }}", "SUPPORT"), ("{{ item.n }}{{ index }}", "13"), ("{{ steps.said.text }}", .null),
            ("{{ \"{{ literal }}\" }}", "{{ literal }}"), ("{ {{ message.id }} }", "{ 12 }"), ("}} {", "}} {"),
            ("{{ 'a' | default: vars.team }}{{ event.data.no | default: vars.team }}", "asupport"),
            ("{{ -3 }}", -3), ("{{ 1.50 }}", .number(1.5)), ("{{ null }}", .null), ("{{\n message.id\n}}", 12),
            ("🎉{{ message.author.name }}é", "🎉Adaé"),
        ] as [(String, JSONValue)])
    func `places are filled in`(text: String, result: JSONValue) throws {
        #expect(try value(text) == result)
    }

    @Test(arguments: TemplateFilter.all.map(\.name))
    func `the example of a filter is true`(name: String) throws {
        let filter = try #require(TemplateFilter.named(name))
        let result = try value(filter.example.template)
        #expect(result == filter.example.result)
        #expect(filter.summary.hasSuffix("."))
        #expect(filter.example.template.contains("| \(name)"))
    }

    @Test(arguments: [
        ("{{ message.txt }}", 3, "did you mean `text`?"), ("{{ mesage.text }}", 3, "did you mean `message`?"),
        ("{{ foo }}", 3, "there are event, message"), ("a {{ message.text | uper }}", 20, "did you mean `upper`?"),
        ("{{ message.text", 0, "never closed"), ("ab {{ 'x }}", 6, "quote is never closed"), ("{{ }}", 0, "nothing"),
        ("{{ message.text | }}", 18, "name of a filter"), ("{{ message.text upper }}", 16, "expected `|`"),
        ("{{ message.text | truncate }}", 18, "truncate: length, ending (optional)"),
        ("{{ message.text | upper: 1 }}", 18, "without arguments"),
        ("{{ message.text | truncate: 'x' }}", 18, "whole number"), ("{{ vars.tean }}", 3, "did you mean `team`?"),
        ("{{ vars }}", 3, "say which"), ("{{ steps.wether.x }}", 3, "did you mean `weather`?"),
        ("{{ steps.later.x }}", 3, "comes later"), ("{{ steps.said.txt }}", 3, "did you mean `text`?"),
        ("{{ message.author.nme }}", 3, "did you mean `name`?"), ("{{ event.data. }}", 14, "expected a name"),
        ("{{ event.data[x] }}", 14, "expected a number"), ("{{ event.data[1 }}", 16, "expected `]`"),
        ("{{ message.text | extract: message.id }}", 27, "in quotes"),
        ("{{ message.text | extract: '(?=a)b' }}", 27, "look-ahead"),
        ("{{ event.at | date: '%Q' }}", 14, "unknown directive `%Q`"),
        ("{{ event.at | date: '%Y', 'Berlin' }}", 14, "Europe/Berlin"),
        ("{{ 99999999999999999999999999999999999999999999999999999999999999999999 }}", 3, "too large"),
        ("{{ system('ls') }}", 3, "unknown name `system`"), ("{{ message.text + 1 }}", 16, "expected `|`"),
        ("{{ message.constructor }}", 3, "has no `constructor`"),
    ])
    func `a mistake is told with its place and with what would be right`(text: String, offset: Int, hint: String) {
        let (_, problems) = TemplateParser.parse(text, names: Self.names)
        #expect(problems.count == 1)
        #expect(problems.first?.offset == offset)
        #expect(problems.first?.message.contains(hint) == true, "\(problems)")
    }

    @Test func `a mistake does not hide the others`() {
        let (_, problems) = TemplateParser.parse("{{ a }} {{ message.id }} {{ b }} {{ c", names: Self.names)
        #expect(problems.map(\.offset) == [3, 28, 36])
    }

    @Test func `items are known in loops only`() {
        let (_, problems) = TemplateParser.parse("{{ item.x }}{{ index }}", names: TemplateNames())
        #expect(problems.count == 2)
    }

    @Test(arguments: [
        String(repeating: "{{", count: 50_000), String(repeating: "{{ message.id }}", count: 5_000),
        "{{ " + String(repeating: "a.", count: 30_000) + " }}",
        "{{ event" + String(repeating: "[0]", count: 30_000) + " }}",
        "{{ message.text" + String(repeating: " | upper", count: 10_000) + " }}",
        "{{ '" + String(repeating: "\\", count: 60_001), "{{ \u{0} }}", "{{ \u{202E} }}", "{{ ' \u{FFFD}",
    ])
    func `hostile templates are refused soon`(text: String) {
        let (_, problems) = TemplateParser.parse(text, names: Self.names)
        #expect(!problems.isEmpty)
        #expect(problems.allSatisfy { $0.message.utf8.count < 500 })
    }

    @Test(arguments: [
        "{{ item | replace: 'a', item }}", "{{ item }}{{ item }}", "{{ item | url }}", "{{ item | quote }}",
        "{{ item | split: 'a' }}", "{{ item | split: 'b' | join: item }}{{ item | json }}", "{{ item | markdown }}",
    ])
    func `a template does not grow without bounds`(text: String) throws {
        var scope = Self.scope
        scope.item = .string(String(repeating: text.contains("quote") ? "\n" : "a ", count: 200_000))
        let (template, problems) = TemplateParser.parse(text, names: Self.names)
        #expect(problems.isEmpty)
        #expect(throws: TemplateError.self) { try template.value(in: scope) }
    }

    @Test func `looking for a text takes time in proportion to its length`() {
        let text = String(repeating: "a", count: 1 << 20)
        let word = String(repeating: "a", count: 1 << 15) + "b"
        #expect(!ByteSearch.contains(word, in: text))
        #expect(ByteSearch.contains("AAA", in: text))
        #expect(ByteSearch("aa").occurrences(in: Array("aaaaa".utf8)) == [0, 2])
        #expect(ByteSearch("abab").occurrences(in: Array("abacababab".utf8)) == [4])
        #expect(ByteSearch("ä").occurrences(in: Array("xäyä".utf8)) == [1, 4])
    }

    @Test(arguments: [
        ("https://api.test/{{ item }}", "https://api.test/..%2Fadmin%3Fall%3D1%23"),
        ("{{ item }}/x", "../admin?all=1#/x"),
        ("https://api.test/{{ item | url }}/{{ vars.team }}", "https://api.test/..%2Fadmin%3Fall%3D1%23/support"),
    ])
    func `what is filled into a URL cannot lead elsewhere`(text: String, url: String) throws {
        var scope = Self.scope
        scope.item = "../admin?all=1#"
        #expect(try TemplateParser.parse(text, names: Self.names).template.url(in: scope) == url)
    }

    @Test(arguments: [
        ("2026-01-31T09:05:07.120Z", "%Y-%m-%d %H:%M:%S", "UTC", "2026-01-31 09:05:07"),
        ("2026-01-31T23:30:00.000Z", "%d.%m.", "Europe/Berlin", "01.02."),
        ("2026-07-01T12:00:00.000Z", "%H:%M %z", "Europe/Berlin", "14:00 +0200"),
        ("2026-01-31T00:15:00.000Z", "%a %A %b %B %j %I %p %e", "-01:00", "Fri Friday Jan January 030 11 PM 30"),
        ("1969-12-31T23:59:59.500Z", "%s %y %%", "UTC", "-1 69 %"), ("0001-01-01T00:00:00Z", "%Y", "UTC", "0001"),
    ])
    func `times are written as asked`(time: String, format: String, zone: String, result: String) throws {
        #expect(try value("{{ '\(time)' | date: '\(format)', '\(zone)' }}") == .string(result))
    }

    @Test(
        arguments: [
            ("{{ 'tomorrow' | date: '%Y' }}", .null), ("{{ 1769850307 | date: '%Y' }}", "2026"),
            ("{{ 1769850307120 | date: '%S' }}", "07"), ("{{ 9000000000000000000 | date: '%Y' }}", .null),
            ("{{ null | date: '%Y' }}", .null), ("{{ '9999-12-31T23:59:59Z' | date: '%Y', '+14:00' }}", .null),
            ("{{ 'x' | number }}", .null), ("{{ '1e3' | number }}", 1000), ("{{ '0x10' | number }}", .null),
            ("{{ '٣' | number }}", .null), ("{{ 9223372036854775807 | plus: 1 }}", .number(9.223372036854775807e18)),
            ("{{ -0.005 | fixed: 2 }}", "-0.01"), ("{{ 2.5 | fixed: 0 }}", "3"), ("{{ 'x' | fixed: 1 }}", .null),
            ("{{ 'abc' | truncate: 0 }}", ""), ("{{ 'abcdef' | truncate: 3, '....' }}", "..."),
            ("{{ '👩‍👩‍👧‍👧👍' | truncate: 2 }}", "👩‍👩‍👧‍👧👍"), ("{{ 'a' | replace: '', 'x' }}", "a"),
            ("{{ 'a,,b' | split: ',' }}", ["a", "b"]), ("{{ '' | split: ',' }}", []),
            ("{{ 'ab' | split: '' }}", ["ab"]),
            ("{{ 'x' | extract: '\\d+' }}", .null), ("{{ 'Éa1 É2' | extract: 'é\\d' }}", "É2"),
            ("{{ '[[' | parse }}", .null), ("{{ null | join }}", ""), ("{{ 'x' | first }}", "x"),
            ("{{ 'x' | map: 'a' }}", [.null]), ("{{ true | length }}", 4), ("{{ 3 | take: -1 }}", []),
        ] as [(String, JSONValue)])
    func `what a filter cannot do gives null or little`(text: String, result: JSONValue) throws {
        let found = try value(text)
        #expect(found == result)
    }

    @Test func `JSON that is deep is not read`() throws {
        #expect(JSONValue(json: Array(String(repeating: "[", count: 100_000).utf8)) == nil)
        #expect(
            JSONValue(json: Array(#"{"a":[1,"x",null,true,1.5]}"#.utf8)) == ["a": [1, "x", .null, true, .number(1.5)]])
        #expect(JSONValue(json: [0xFF, 0xFE]) == nil && JSONValue(json: []) == nil)
    }
}
