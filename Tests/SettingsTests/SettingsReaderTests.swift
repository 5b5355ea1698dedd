import Foundation
import Testing
import YAML

@testable import Settings

@Suite(.timeLimit(.minutes(1)))
struct SettingsReaderTests {
    private func read(
        _ text: String, file: String = "a.yaml", environment: [String: String] = [:],
        overrides: [SettingsOverride] = []
    ) -> (settings: Settings, problems: [SettingsProblem]) {
        SettingsReader.read(
            yaml: text, spec: Examples.spec, file: file, environment: environment, overrides: overrides)
    }

    private func problems(_ text: String, environment: [String: String] = [:]) -> [String] {
        read(text, environment: environment).problems.map(\.description)
    }

    @Test func `defaults hold for what is left out`() {
        let (settings, problems) = read("name: x")
        #expect(problems.isEmpty)
        #expect(settings.string("name") == "x")
        #expect(settings.boolean("enabled"))
        #expect(settings.integer("limit") == 8 << 20)
        #expect(settings.number("ratio") == 0.5)
        #expect(settings.strings("on") == ["message.created"])
        #expect(settings.integer("smtp.port") == 25)
        #expect(settings.section("smtp").duration("timeout") == .seconds(90))
        #expect(settings.optionalString("smtp.password") == nil)
        #expect(settings.string("smtp.password") == "")
        #expect(settings.optionalSection("tls") == nil)
        #expect(settings.string("tls.min-version") == "1.2")
        #expect(settings.sections("rules").isEmpty)
        #expect(settings.value("where") == .null)
        #expect(!settings.isGiven("enabled") && settings.isGiven("name"))
    }

    @Test func `every type is read`() {
        let (settings, problems) = read(
            """
            name: 12
            enabled: false
            level: warn
            on: a.b
            ratio: 2
            limit: 64KiB
            where: {channel: [a, 1], sender.bot: false, text: {matches: "(?i)x"}}
            labels: {env: prod, n: 1}
            smtp: {port: 0x10, timeout: 1m30s}
            tls: {certificate: a.pem}
            rules: [{id: a}, {id: b, words: [c, d]}]
            routes: {north: {to: a}, south: {to: b}}
            """)
        #expect(problems == [])
        #expect(settings.string("name") == "12")
        #expect(!settings.boolean("enabled"))
        #expect(settings.strings("on") == ["a.b"])
        #expect(settings.number("ratio") == 2)
        #expect(settings.integer("limit") == 65536)
        #expect(settings.value("where")["channel"]?.items == ["a", 1])
        #expect(settings.value("where")["text"]?["matches"]?.string == "(?i)x")
        #expect(settings.stringMap("labels").map { "\($0.key)=\($0.value)" } == ["env=prod", "n=1"])
        #expect(settings.integer("smtp.port") == 16)
        #expect(settings.duration("smtp.timeout") == .seconds(90))
        #expect(settings.optionalSection("tls")?.string("min-version") == "1.2")
        #expect(settings.sections("rules").map { $0.string("id") } == ["a", "b"])
        #expect(settings.sections("rules")[1].strings("words") == ["c", "d"])
        #expect(
            settings.sectionMap("routes").map { "\($0.key):\($0.settings.string("to"))" } == ["north:a", "south:b"])
    }

    @Test func `five mistakes are five problems with their places`() {
        let found = problems(
            """
            level: wran
            enabld: true
            smtp:
              port: smtp
              timeout: 20m
            rules:
              - words: [a]
            name: x
            """)
        #expect(
            found == [
                "a.yaml:2:1: enabld: unknown key (did you mean `enabled`?)",
                "a.yaml:1:8: level: expected debug, info or warn, got \"wran\" (did you mean `warn`?)",
                "a.yaml:4:9: smtp.port: expected a number from 1 to 65535, got \"smtp\"",
                "a.yaml:5:12: smtp.timeout: must not be longer than 10m",
                "a.yaml:7:5: rules[0].id: missing; expected text",
            ])
    }

    @Test(arguments: [
        ("name: [a]", "1:7: name: expected text, got a list"),
        ("name: x\nenabled: yes", "2:10: enabled: expected true or false, got \"yes\" (did you mean `true`?)"),
        (
            "name: x\nenabled: \"true\"",
            "2:10: enabled: expected true or false, got the text \"true\" (leave the quotes out)"
        ),
        ("name: x\nsmtp: {port: 70000}", "2:14: smtp.port: expected a number from 1 to 65535, got 70000"),
        ("name: x\nsmtp: {port: 2.5}", "2:14: smtp.port: expected a whole number from 1 to 65535, got 2.5"),
        (
            "name: x\nsmtp: {timeout: 30}",
            "2:17: smtp.timeout: expected a duration such as 90s, 10m or 2h, got 30 (did you mean `30s`?)"
        ),
        ("name: x\nlimit: 8 bananas", "2:8: limit: expected a size such as 64KiB or 8MiB, got \"8 bananas\""),
        ("name: x\nratio: .inf", "2:8: ratio: expected a number, got .inf"),
        ("name: x\nsmtp: fast", "2:7: smtp: expected keys and values, got \"fast\""),
        ("name: x\nrules: {id: a}", "2:8: rules: expected a list of sections, got keys and values"),
        ("name: x\ntls: {}", "2:6: tls.certificate: missing; expected text"),
        ("name: x\nold: y", "2:1: warning: old: deprecated; use `name`"),
        ("name:", "1:1: name: missing; expected text"), ("", "1:1: name: missing; expected text"),
        ("- a", "1:1: expected keys and values, got a list"),
        ("a: [", "2:1: did not find expected node content while parsing a flow node"),
        ("name: x\nsmtp: {password: [hunter2]}", "2:18: smtp.password: expected text, got a list"),
    ])
    func `a mistake says what would be right`(text: String, expected: String) {
        #expect(problems(text).first == "a.yaml:\(expected)")
    }

    @Test(arguments: [
        ("retyr", "retry"), ("retry_", "retry"), ("Retry", "retry"), ("sart", "start"), ("settigns", "settings"),
    ])
    func `near misses are suggested`(word: String, meant: String) {
        #expect(NearMiss.of(word, among: ["retry", "start", "settings", "on"]) == meant)
    }

    @Test func `far misses are not suggested`() {
        #expect(NearMiss.of("banana", among: ["retry", "on"]) == nil)
        #expect(NearMiss.of("xy", among: ["on"]) == nil)
        #expect(NearMiss.of(String(repeating: "a", count: 100_000), among: ["retry"]) == nil)
    }

    @Test(arguments: [
        ("250ms", 250), ("90s", 90_000), ("10m", 600_000), ("2h", 7_200_000), ("1d", 86_400_000), ("1h30m", 5_400_000),
        ("1.5s", 1500), ("0", 0), ("0s", 0),
    ])
    func `durations are read and written`(text: String, milliseconds: Int) {
        let duration = DurationText.parse(text)
        #expect(duration == .milliseconds(milliseconds))
        #expect(duration.map(DurationText.format).flatMap(DurationText.parse) == duration)
    }

    @Test(arguments: [
        "", "s", "5", "-5s", "5 s", "1e3s", ".5s", "5.s", "1..5s", "5x", "٥s", "99999999999999999d", "1h30",
    ])
    func `what is no duration is refused`(text: String) { #expect(DurationText.parse(text) == nil) }

    @Test(arguments: [("0", 0), ("512", 512), ("64KiB", 65536), ("10 MB", 10_000_000), ("1gib", 1 << 30), ("7B", 7)])
    func `sizes are read and written`(text: String, bytes: Int) {
        #expect(ByteSizeText.parse(text) == bytes)
        #expect(ByteSizeText.parse(ByteSizeText.format(bytes)) == bytes)
    }

    @Test(arguments: ["", "-1", "1.5MiB", "MiB", "5 ", "9999999999TiB", "5XB"])
    func `what is no size is refused`(text: String) { #expect(ByteSizeText.parse(text) == nil) }

    @Test func `values come from the environment and from files`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // As some editors write it, with a byte order mark.
        try Data("\u{FEFF}hunter2\n".utf8).write(to: folder.appending(path: "secret"))
        try Data(repeating: 0x61, count: 70_000).write(to: folder.appending(path: "large"))
        try Data([0xFF]).write(to: folder.appending(path: "binary"))
        let (settings, problems) = read(
            """
            name: {env: NAME}
            on: {env: EVENTS}
            smtp: {port: {env: PORT}, password: {file: secret}}
            where: {a: [{env: NAME}]}
            """, file: "\(folder.path)/a.yaml", environment: ["NAME": "n", "PORT": "26", "EVENTS": "a.b, c.d"])
        #expect(problems == [])
        #expect(settings.string("name") == "n")
        #expect(settings.strings("on") == ["a.b", "c.d"])
        #expect(settings.integer("smtp.port") == 26)
        #expect(settings.string("smtp.password") == "hunter2")
        #expect(settings.value("where")["a"]?.items == ["n"])
        for name in ["large", "binary", "absent", "."] {
            let problems = read("name: {file: \(name)}", file: "\(folder.path)/a.yaml").problems
            #expect(problems.count == 1)
            #expect(problems.first?.message.contains("the file \(name)") == true)
        }
    }

    @Test func `an unresolved or unfit reference names the variable and hides the value`() {
        #expect(problems("name: {env: NOPE}") == ["a.yaml:1:7: name: the environment variable NOPE is not set"])
        let found = problems("name: x\nsmtp: {port: {env: PORT}}", environment: ["PORT": "hunter2"])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("a.yaml:2:14: smtp.port: expected a number from 1 to 65535") == true)
        #expect(found.first?.contains("hunter2") == false)
    }

    @Test func `overrides go before the file, the later before the earlier`() {
        let environment = ["T_LEVEL": "debug", "T_TLS_MIN_VERSION": "1.3", "T_ON": "a,b", "T_ENABLED": "", "T_X": "y"]
        let overrides = Examples.spec.overrides(from: environment, prefix: "T")
        #expect(Set(overrides.map(\.path)) == ["level", "tls.min-version", "on"])
        let flag = SettingsOverride(path: "level", value: "warn", origin: "--log-level")
        let (settings, problems) = read(
            "{name: x, level: nonsense, tls: {certificate: c}}", overrides: overrides + [flag])
        #expect(problems == [])
        #expect(settings.string("level") == "warn")
        #expect(settings.string("tls.min-version") == "1.3")
        #expect(settings.strings("on") == ["a", "b"])
        #expect(settings.isGiven("level"))
    }

    @Test func `problems of overrides name the variable or flag`() {
        let overrides = [
            SettingsOverride(path: "smtp.port", value: "x", origin: "T_SMTP_PORT"),
            SettingsOverride(path: "levle", value: "x", origin: "--set"),
            SettingsOverride(path: "where", value: "[", origin: "T_WHERE"),
        ]
        let found = read("name: x", overrides: overrides).problems.map(\.description)
        #expect(found.contains("T_SMTP_PORT: smtp.port: expected a number from 1 to 65535, got \"x\""))
        #expect(found.contains("--set: levle: unknown key (did you mean `level`?)"))
        #expect(found.contains { $0.hasPrefix("T_WHERE: where: ") })
        #expect(found.count == 3)
    }

    @Test func `checks after reading find the place`() {
        let (settings, _) = read("name: x\nrules:\n  - id: a\n    words: [b, c]\n")
        let rule = settings.sections("rules")[0]
        #expect(rule.problem(at: "words[1]", "bad").description == "a.yaml:4:16: rules[0].words[1]: bad")
        #expect(rule.problem(at: "token", "bad").description == "a.yaml:3:5: rules[0].token: bad")
    }
}
