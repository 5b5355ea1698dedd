import BridgeRuntime
import Settings
import Testing

@testable import Bridges

struct StepReaderTests {
    /// The problems of a file with these lines below `steps:`, as `line:column: path: message`.
    private func problems(_ steps: String, more: String = "", environment: [String: String] = [:]) -> [String] {
        let indented = steps.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
            .joined(separator: "\n")
        let text = "bridge: workflow\nsettings:\n\(more)  steps:\n\(indented)\n"
        let (_, problems) = BridgeFile.read(
            text, path: "flow.yaml", registry: .standard, environment: environment)
        return problems.map { $0.description.replacing("flow.yaml:", with: "").replacing("settings.steps", with: "") }
    }

    @Test(arguments: [
        ("- reakt: eyes", "4:7: [0].reakt: unknown step `reakt` (did you mean `react`?)"),
        ("- dance: now", "4:7: [0].dance: unknown step `dance`; expected one of match, post"),
        ("- hello", "4:7: [0]: expected a step"), ("- id: a", "4:7: [0]: expected one of match"),
        ("- post: hi\n  reply: ho", "5:7: [0].reply: a step has one name, and this one has `post` already"),
        ("- post: hi\n  text: ho", "5:7: [0].text: `text` belongs below `post`, indented further"),
        ("- post: hi\n  wen: true", "5:7: [0].wen: unknown key (did you mean `when`?)"),
        ("- post: { txt: hi }", "4:15: [0].post.txt: unknown key (did you mean `text`?)"),
        ("- post: { channel: x }", "4:13: [0].post: `text` is missing; expected template"),
        ("- post: { text: [a] }", "4:21: [0].post.text: expected a text"),
        (
            "- post: \"Hi {{ message.txt }}\"",
            "4:13: [0].post: character 7: `message` has no `txt` (did you mean `text`?)"
        ),
        ("- post: |\n    Hi\n    {{ message.text | uper }}", "[0].post: line 2, character 19: unknown filter `uper`"),
        ("- react: { emoji: x, remove: sure }", "4:34: [0].react.remove: expected true or false"),
        ("- edit: hi", "4:13: [0].edit: expected keys and values: { message: …, text: … }"),
        ("- then: []", "4:7: [0].then: `then` stands beside `if`, which is missing"),
        ("- if: true", "4:7: [0]: `if` needs `then` beside it"),
        ("- if: true\n  then: []", "5:13: [0].then: expected a list of steps"),
        ("- if: { value: x, equal: y }\n  then: [{ stop: true }]", "unknown key (did you mean `equals`?)"),
        ("- match: { contains: x }", "[0].match: `value` is missing"),
        ("- match: { value: x, matches: '(' }", "[0].match.matches: "),
        ("- match: { value: x, matches: [a, '(?<=b)c'] }", "[0].match.matches[1]: look-ahead and look-behind"),
        ("- match: { all: [true], value: x }", "`all` stands alone"), ("- match: 7", "expected a condition"),
        ("- match: { value: x, exists: 1 }", "[0].match.exists: expected true or false"),
        ("- for_each: 3\n  do: [{ stop: true }]", "[0].for_each: expected a template such as"),
        ("- for_each: '{{ event.data.x }}'", "[0]: `for_each` needs `do` beside it"),
        ("- post: '{{ item }}'", "`item` means something below `for_each` only"),
        ("- { id: a, post: hi }\n- { id: a, post: ho }", "5:13: [1].id: the id `a` is taken"),
        ("- { id: 'a b', post: hi }", "4:13: [0].id: expected a letter"),
        ("- { id: a, post: '{{ steps.a.text }}' }", "the step `a` comes later, or is this one"),
        ("- post: '{{ steps.b.text }}'\n- { id: b, post: hi }", "the step `b` comes later"),
        (
            "- { id: a, call: 'https://x.test' }\n- post: '{{ steps.a.bdy.x }}'",
            "`steps.a` has no `bdy` (did you mean `body`?)"
        ),
        ("- call: 'file:///etc/passwd'", "[0].call: expected an http or https URL"),
        ("- call: { url: 'https://x.test', method: get }", "[0].call.method: expected one of GET"),
        ("- call: { url: 'https://x.test', json: {}, body: x }", "`json` and `body` exclude each other"),
        ("- call: { url: 'https://x.test', method: GET, body: x }", "a GET has no body"),
        ("- call: { url: 'https://x.test', headers: { Host: x } }", "[0].call.headers.Host: no header"),
        ("- call: { url: 'https://x.test', headers: { 'a b': x } }", "no header can have this name"),
        ("- call: { url: 'https://x.test', timeout: 5m }", "[0].call.timeout: expected a duration up to 2m"),
        ("- call: { url: 'https://x.test', expect: [999] }", "[0].call.expect: expected statuses"),
        ("- call: { url: 'https://x.test', on_error: ignore }", "expected one of fail, continue"),
        ("- mail: { to: a@b.test, subject: s, text: t }", "[0].mail: mail needs a relay: `settings.smtp`"),
        ("- set: { key: a }", "one of `value`, `increment` is missing"),
        ("- set: { key: a, value: 1, increment: 1 }", "`value` and `increment` exclude each other"),
        ("- set: { key: a, increment: some }", "[0].set.increment: expected a whole number"),
        ("- set: { key: a, value: 1, ttl: forever }", "[0].set.ttl: expected a duration"),
        ("- get: { key: a, under: b }", "exclude each other"), ("- get: { under: a, limit: 1000 }", "1 to 100"),
        ("- wait: 31d", "[0].wait: expected a duration up to 30d"), ("- wait: 10", "[0].wait: expected a duration"),
        ("- wait: {}", "one of `for`, `until` is missing"), ("- stop: now", "[0].stop: expected `stop: true`"),
        ("- post: hi\n  when: { value: '{{ mesage }}' }", "[0].when.value: character 4: unknown name `mesage`"),
        ("[]", "expected a list of steps"), ("x: y", "expected a list of steps"),
    ])
    func `a mistake is told with its place and with what would be right`(steps: String, message: String) {
        let found = problems(steps)
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.contains(message) == true, "\(found)")
    }

    @Test func `all mistakes are told at once`() {
        let found = problems(
            """
            - reakt: eyes
            - post: { txt: hi, text: "{{ message.txt }} {{ x }}" }
            - if: { value: "{{ y }}", equal: 1 }
              then:
                - wait: long
              else:
                - for_each: "{{ z }}"
                  do: [{ pst: hi }]
            """, more: "  allow: [nonsense]\n  varz: {}\n")
        #expect(found.count == 11, "\(found.joined(separator: "\n"))")
    }

    @Test func `a file that is right has no problems`() {
        let found = problems(
            """
            - match: { value: "{{ message.text }}", matches: ["refunds?", "money back"] }
            - id: weather
              call: { url: "https://api.test/{{ message.text }}", headers: { Authorization: { env: TOKEN } } }
              when: { any: [{ value: "{{ message.id }}", greater: 5 }, { not: "{{ event.data.x }}" }, true] }
            - if: "{{ steps.weather.body.ok }}"
              then: [{ post: { channel: ops, text: "{{ steps.weather.body.days | map: high | join }}" } }]
            """.replacing("map: high", with: "map: 'high'"), environment: ["TOKEN": "{{ secret"])
        #expect(found.isEmpty, "\(found)")
    }

    @Test func `a variable that is not set is told once, and the places of the others stay right`() {
        let found = problems(
            """
            - call: { url: "https://x.test", headers: { A: { env: NONE } }, json: [{ env: NONE }, "{{ a }}"] }
            """)
        #expect(found.count == 3, "\(found)")
        #expect(found.last?.contains("json[1]: character 4: unknown name `a`") == true, "\(found)")
    }

    @Test func `a file that is switched off may have mistakes`() {
        let (file, problems) = BridgeFile.read(
            "bridge: workflow\nenabled: false\nsettings: { steps: [{ reakt: x }] }", path: "f.yaml",
            registry: .standard, environment: [:])
        #expect(file != nil && problems.allSatisfy(\.isWarning) && problems.count == 1)
    }

    @Test(arguments: [
        String(repeating: "- if: true\n", count: 3000),
        (0..<10_000).map {
            String(repeating: " ", count: $0 * 2) + "- if: true\n" + String(repeating: " ", count: $0 * 2)
                + "  then:\n"
        }.prefix(30).joined(),
        String(repeating: "[{ if: true, then: ", count: 10_000), String(repeating: "{ not: ", count: 10_000),
        "- match: " + String(repeating: "{ not: ", count: 20) + "true" + String(repeating: " }", count: 20),
        String(repeating: "- stop: true\n", count: 2000),
        "- post: \"" + String(repeating: "{{ message.id }}", count: 300) + "\"",
        "- post: " + String(repeating: "{{", count: 10_000),
        "- &a { post: x }\n- *a", "- !exec ls", "- post: \u{7}", "- { ? [a] : b }",
    ])
    func `hostile files are refused soon`(steps: String) {
        let found = problems(steps)
        #expect(!found.isEmpty)
        #expect(found.count <= 3001 && found.allSatisfy { $0.utf8.count < 1000 })
    }
}
