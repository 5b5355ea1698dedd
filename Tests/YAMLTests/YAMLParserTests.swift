import Testing

@testable import YAML

@Suite(.timeLimit(.minutes(1)))
struct YAMLParserTests {
    private func failure(_ text: String, limits: YAMLLimits = .standard) -> YAMLError? {
        do throws(YAMLError) {
            _ = try YAMLParser.parse(text, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    private func failure(bytes: [UInt8]) -> YAMLError? {
        do throws(YAMLError) {
            _ = try YAMLParser.parse(bytes: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test func `every node knows its line and column`() throws {
        let root = try #require(try YAMLParser.parse("a: 1\nbß:\n  - x\n  - {c: 'd'}\n"))
        guard case .mapping(let pairs, let mark) = root else {
            Issue.record("expected a mapping")
            return
        }
        #expect(mark == YAMLMark(line: 1, column: 1))
        #expect(pairs.map(\.key) == ["a", "bß"])
        #expect(pairs[1].keyMark == YAMLMark(line: 2, column: 1))
        guard case .sequence(let items, _)? = root["bß"] else {
            Issue.record("expected a sequence")
            return
        }
        #expect(items[0] == .scalar("x", style: .plain, mark: YAMLMark(line: 3, column: 5)))
        #expect(items[1]["c"] == .scalar("d", style: .quoted, mark: YAMLMark(line: 4, column: 9)))
    }

    @Test(arguments: ["", "\n\n", "# only a comment\n", "\u{FEFF}", "%YAML 1.2\n---\n...\n"])
    func `an empty text has no node`(text: String) throws {
        let root = try YAMLParser.parse(text)
        #expect(root == nil || root?.resolved == .null)
    }

    @Test(arguments: [
        ("", YAMLScalar.null), ("~", .null), ("null", .null), ("nUll", .string("nUll")), ("true", .boolean(true)),
        ("False", .boolean(false)), ("yes", .string("yes")), ("no", .string("no")), ("on", .string("on")),
        ("off", .string("off")), ("12", .integer(12)), ("-3", .integer(-3)), ("+7", .integer(7)),
        ("0x1F", .integer(31)), ("0o17", .integer(15)), ("0755", .integer(755)), ("0x", .string("0x")),
        ("0x-1", .string("0x-1")), ("1.5", .number(1.5)), (".5", .number(0.5)), ("-.5e1", .number(-5)),
        ("1.", .number(1)), ("1.e2", .number(100)), ("1e3", .number(1000)), ("-.inf", .number(-.infinity)),
        ("1_000", .string("1_000")), ("12:30", .string("12:30")), ("1e", .string("1e")), (".", .string(".")),
        ("+", .string("+")), ("--1", .string("--1")), ("e5", .string("e5")), ("nan", .string("nan")),
        ("infinity", .string("infinity")), ("0x1p3", .string("0x1p3")),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)),
    ])
    func `plain scalars follow the core schema`(text: String, expected: YAMLScalar) {
        #expect(YAMLScalar(plain: text) == expected)
    }

    @Test func `quotes make text`() throws {
        #expect(try YAMLParser.parse("\"12\"")?.resolved == .string("12"))
        #expect(try YAMLParser.parse("|\n  true\n")?.resolved == .string("true\n"))
    }

    @Test(arguments: [
        ("a: !!python/object x", 1, 4, "tags"), ("%TAG ! tag:x,2000:\n---\na: 1", 1, 1, "tags"),
        ("! a", 1, 1, "tags"), ("a: &x 1\nb: *x", 1, 4, "anchors"), ("a: *x", 1, 4, "\"*x\""),
        ("words: [*cat*]", 1, 9, "begins with *"),
        ("a: 1\nb: 2\na: 3", 3, 1, "stands already in line 1"), ("a: 1\n---\nb: 2", 2, 1, "second document"),
        ("? [a]\n: b", 1, 1, "key must be text"), ("a:\n\t- b", 2, 1, "tab"), ("a: [1, 2", 2, 1, "from line 1"),
        ("a: b: c", 1, 5, "not allowed"), ("a: \"\u{0}\"", 1, 5, "NUL"), ("\"unfinished", 1, 12, "end of stream"),
        ("<<: {a: 1}\n<<: {b: 2}", 2, 1, "line 1"),
    ])
    func `what is refused says where and why`(text: String, line: Int, column: Int, part: String) throws {
        let error = try #require(failure(text))
        #expect(error.line == line)
        #expect(error.column == column, "\(error)")
        #expect(error.message.contains(part), "\(error)")
    }

    @Test func `a merge key is a key like any other`() throws {
        let root = try #require(try YAMLParser.parse("<<: {a: 1}\nb: 2"))
        #expect(root["<<"] != nil)
        #expect(root["a"] == nil)
    }

    @Test(arguments: [
        ([0x61, 0x0A, 0x62, 0xFF], 2, 2, "0xFF"), ([0x61, 0x0A, 0x62, 0xC3], 2, 2, "0xC3"),
        ([0x61, 0x0A, 0x62, 0xED, 0xA0, 0x80], 2, 2, "0xED"), ([0x61, 0x0A, 0x62, 0xC0, 0x80], 2, 2, "0xC0"),
        // "Grüße" as Latin-1 has it, after "é" in UTF-8.
        ([0x61, 0x0A, 0xC3, 0xA9, 0x72, 0xFC, 0xDF, 0x65], 2, 3, "0xFC"), ([0xFC], 1, 1, "0xFC"),
        ([0xEF, 0xBB, 0xBF, 0x61, 0xE4], 1, 2, "0xE4"),
    ])
    func `bytes that are not UTF-8 are refused with their place`(
        bytes: [UInt8], line: Int, column: Int, byte: String
    ) throws {
        let error = try #require(failure(bytes: bytes))
        #expect(error.line == line)
        #expect(error.column == column)
        #expect(error.message == "the text is not valid UTF-8 from here (byte \(byte)); save it as UTF-8")
    }

    @Test(arguments: ["a: 1\nb: 2\n", "# only\na: 1\nb: 2", "---\na: 1\nb: 2\n...\n", "%YAML 1.2\n---\n{a: 1, b: 2}"])
    func `a byte order mark before the text changes nothing, places neither`(text: String) throws {
        let bare = try #require(try YAMLParser.parse(text))
        #expect(try YAMLParser.parse("\u{FEFF}" + text) == bare)
        #expect(try YAMLParser.parse(bytes: [0xEF, 0xBB, 0xBF] + Array(text.utf8)) == bare)
    }

    @Test(arguments: [
        ("UTF-16", [0xFF, 0xFE, 0x61, 0x00, 0x3A, 0x00]), ("UTF-16", [0xFE, 0xFF, 0x00, 0x61]),
        ("UTF-16", [0x61, 0x00, 0x3A, 0x00]), ("UTF-16", [0x00, 0x61, 0x00, 0x3A]), ("UTF-16", [0xFF, 0xFE]),
        ("UTF-32", [0xFF, 0xFE, 0x00, 0x00]), ("UTF-32", [0x00, 0x00, 0xFE, 0xFF]),
        ("UTF-32", [0x61, 0x00, 0x00, 0x00]), ("UTF-32", [0x00, 0x00, 0x00, 0x61]),
    ])
    func `another encoding of Unicode is named`(name: String, bytes: [UInt8]) {
        #expect(
            failure(bytes: bytes)
                == YAMLError(line: 1, column: 1, message: "the text is \(name); save it as UTF-8"))
    }

    @Test func `a huge text is refused unread`() {
        #expect(failure(String(repeating: "a", count: 10_000_000))?.message.contains("10000000 bytes") == true)
        #expect(failure(bytes: [UInt8](repeating: 0xFF, count: 10_000_000))?.message.contains("bytes") == true)
    }

    @Test(arguments: ["[", "{", "- ", "? ", "{a: ", "[[{a: ", "- - ? "])
    func `deep nesting is refused at the limit`(opening: String) throws {
        for count in [10_000, 1_000_000 / opening.utf8.count] {
            let error = try #require(failure(String(repeating: opening, count: count)))
            #expect(error.message.contains("deeper than 64"), "\(error)")
        }
    }

    @Test func `nesting up to the limit is read`() throws {
        #expect(failure(String(repeating: "[", count: 64) + String(repeating: "]", count: 64)) == nil)
        #expect(failure(String(repeating: "[", count: 65) + String(repeating: "]", count: 65)) != nil)
    }

    @Test func `an alias bomb and a cycle are refused at the first anchor`() {
        let bomb = "a: &a [x, x]\n" + (0..<30).map { "b\($0): &b\($0) [*a, *a]\n" }.joined()
        #expect(failure(bomb)?.line == 1)
        #expect(failure("&a [*a]")?.message.contains("anchors") == true)
    }

    @Test func `too many values are refused`() {
        #expect(failure("[" + String(repeating: "1,", count: 100_001) + "]")?.message.contains("100000") == true)
        #expect(failure("[1, 2, 3]", limits: YAMLLimits(nodes: 4)) == nil)
        #expect(failure("[1, 2, 3]", limits: YAMLLimits(nodes: 3)) != nil)
    }

    @Test func `a text cut off anywhere is refused or read but never crashes`() {
        let bytes = Array("a: [1, {b: \"c\\u00e9\"}]\nd: |\n  tëxt\n- : ? x\n".utf8)
        for length in 0...bytes.count { _ = failure(bytes: Array(bytes[..<length])) }
    }
}
