import Testing

@testable import Settings

/// Durations, sizes and numbers of configurations, whatever somebody wrote there.
struct NumberTextTests {
    private static let parts = [
        "0", "1", "9", "00", "99999999999999999999", "9223372036854775807", "9223372036854775808", "-", "+", ".", "e",
        "E9",
        "1e308", "d", "h", "m", "s", "ms", "KiB", "MiB", "GiB", "TiB", "TB", "kB", "B", " ", "inf", "nan", "٣", "0x",
        "_",
        "\u{0}", "36525", "876600",
    ]

    /// Texts put together of parts, the same at each run.
    private static func texts(_ count: Int, seed: UInt64) -> [String] {
        var state = seed
        func next(_ bound: Int) -> Int {
            // Knuth's numbers for a linear congruential generator; its upper half is good enough to choose by.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        return (0..<count).map { _ in (0..<(1 + next(6))).map { _ in parts[next(parts.count)] }.joined() }
    }

    @Test func `every text is a duration of at most a hundred years, or none`() {
        for text in Self.texts(20_000, seed: 1) + Self.parts {
            guard let duration = DurationText.parse(text) else { continue }
            #expect(duration >= .zero && duration <= .seconds(36_525 * 86_400), "\(text)")
            #expect(DurationText.parse(DurationText.format(duration)) == duration, "\(text)")
        }
    }

    @Test func `every text is a size of at most 1024 TiB, or none`() {
        for text in Self.texts(20_000, seed: 2) + Self.parts {
            guard let bytes = ByteSizeText.parse(text) else { continue }
            #expect((0...(1 << 50)).contains(bytes), "\(text)")
            #expect(ByteSizeText.parse(ByteSizeText.format(bytes)) == bytes, "\(text)")
        }
    }

    @Test(
        arguments: [
            ("1024TiB", 1 << 50), ("1025TiB", nil), ("1125899906842624", 1 << 50), ("1125899906842625", nil),
            ("9223372036854775807", nil), ("9223372036854775808", nil), ("0", 0), ("16777216 TiB", nil),
        ] as [(String, Int?)])
    func `sizes end where sums of them could overflow`(text: String, bytes: Int?) {
        #expect(ByteSizeText.parse(text) == bytes)
    }

    @Test func `every scalar of a file is a value of its key or a problem`() {
        for text in Self.texts(3000, seed: 3) + [".inf", "-.inf", ".nan", "1e999", "-9223372036854775809"] {
            let quoted = text.contains("\u{0}") ? "x" : text
            for key in ["ratio", "limit"] {
                let (settings, problems) = SettingsReader.read(
                    yaml: "name: a\n\(key): \(quoted)", spec: Examples.spec, file: "a.yaml", environment: [:],
                    overrides: [])
                guard problems.errors.isEmpty else { continue }
                if key == "limit" { #expect((0...(1 << 50)).contains(settings.integer("limit")), "\(text)") }
                if key == "ratio" { #expect(settings.number("ratio").isFinite, "\(text)") }
            }
        }
    }
}
