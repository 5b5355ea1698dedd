import ChatModel
import Settings
import Testing

@testable import Bridges

/// Values from outside that no filter may stumble over.
struct TemplateNumberTests {
    static let nasty: [JSONValue] = [
        .null, true, false, 0, -1, .integer(.min), .integer(.max), .integer(.min + 1), 99_999_999_999, 100_000_000_000,
        -99_999_999_999, -100_000_000_000, 253_402_214_400_000, 253_402_214_400_001, -62_135_596_800_001,
        .number(0.1), .number(-0.0), .number(1e308), .number(-1e308), .number(.leastNonzeroMagnitude), .number(9.3e18),
        .number(1e15),
        .number(.infinity), .number(-.infinity), .number(.nan), .number(-9.223372036854775808e18),
        "", " ", "-9223372036854775808", "9223372036854775808", "1e999", "-1e999", "NaN", "inf", "0x10", "+5", "٣",
        "--1",
        "1.7976931348623157e308", "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
        "2026-02-29T00:00:00Z", "+23:59", "-23:59", "+99:99", "Europe/Berlin", "a/b", "%Y", "%s %z %j", "%", "%%%",
        "\u{0}", "e\u{301}\u{301}", "👩‍👩‍👧‍👦", "\r\n", "\u{202E}",
        .string(String(repeating: "ab", count: 3000)), .string(String(repeating: "\u{301}", count: 3000)),
        [], [[]], [.null, .integer(.min), "x", [1]], .array(Array(repeating: "x", count: 200)),
        [:], ["a": .integer(.max)], ["": .null],
    ]

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): "string of \(text.utf8.count) bytes: \(text.prefix(40))"
        default: "\(value)".prefix(80).description
        }
    }

    private static func isNoNumber(_ value: JSONValue) -> Bool {
        if case .number(let number) = value { !number.isFinite } else { false }
    }

    /// Whether a value keeps to the bounds of what a template may make.
    private func isBounded(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): text.utf8.count <= JSONValue.longestTemplateText
        case .number(let number): number.isFinite
        default: true
        }
    }

    private func apply(_ filter: TemplateFilter, _ value: JSONValue, _ arguments: [JSONValue]) {
        let input = TemplateFilter.Input(value: value, arguments: arguments, pattern: nil)
        // A refusal is an answer; what must not happen is an end of the process.
        guard let result = try? filter.apply(input) else { return }
        // What a filter hands on as it came is no matter of its own; no number that is none equals itself.
        if result == value || arguments.contains(result)
            || Self.isNoNumber(result) && ([value] + arguments).contains(where: Self.isNoNumber)
        {
            return
        }
        #expect(isBounded(result), "\(filter.name) of \(Self.text(value)) with \(arguments.map(Self.text))")
    }

    @Test(arguments: TemplateFilter.all.map(\.name))
    func `a filter takes every value with every argument`(name: String) throws {
        let filter = try #require(TemplateFilter.named(name))
        var random = SeededRandom(seed: 20_261_130)
        for value in Self.nasty {
            if filter.parameters.isEmpty { apply(filter, value, []) }
            guard !filter.parameters.isEmpty else { continue }
            for first in Self.nasty {
                apply(filter, value, [first])
                guard filter.parameters.count > 1 else { continue }
                for _ in 0..<6 {
                    guard let second = Self.nasty.randomElement(using: &random) else { continue }
                    apply(filter, value, [first, second])
                }
            }
        }
    }

    @Test func `filters take what other filters have made of any value`() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<4000 {
            guard var value = Self.nasty.randomElement(using: &random) else { continue }
            for _ in 0..<4 {
                guard let filter = TemplateFilter.all.randomElement(using: &random) else { continue }
                let arguments = filter.parameters.map { _ in Self.nasty.randomElement(using: &random) ?? .null }
                let input = TemplateFilter.Input(value: value, arguments: arguments, pattern: nil)
                guard let result = try? filter.apply(input) else { break }
                value = result
            }
        }
    }

    @Test(arguments: [
        JSONValue.integer(.min), .integer(.max), .integer(.min + 1), 253_402_214_400_001, .number(1e300), "1e999",
        "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z", "", .null,
    ])
    func `what names no time is no date`(value: JSONValue) throws {
        let filter = try #require(TemplateFilter.named("date"))
        let input = TemplateFilter.Input(value: value, arguments: ["%d %b", "+23:59"], pattern: nil)
        #expect(try filter.apply(input) == .null)
    }

    @Test(arguments: [
        (JSONValue.integer(0), "01 Jan 1970"), (99_999_999_999, "16 Nov 5138"), (100_000_000_000, "03 Mar 1973"),
        (-1, "31 Dec 1969"), (253_402_214_400_000, "31 Dec 9999"), ("2026-11-30T10:00:00Z", "30 Nov 2026"),
    ])
    func `the last that names a time is one`(value: JSONValue, text: String) throws {
        let filter = try #require(TemplateFilter.named("date"))
        let input = TemplateFilter.Input(value: value, arguments: ["%d %b %Y"], pattern: nil)
        #expect(try filter.apply(input) == .string(text))
    }

    @Test(arguments: nasty.indices)
    func `values of any kind are compared and written without an end of the process`(index: Int) {
        let value = Self.nasty[index]
        for other in Self.nasty {
            #expect(value.isLike(other) == other.isLike(value))
            _ = (value.magnitude ?? 0) < (other.magnitude ?? 0)
        }
        _ = (value.wholeNumber, value.isTrue, try? value.templateText(), try? value.jsonText())
    }
}

/// The same numbers at each run (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
