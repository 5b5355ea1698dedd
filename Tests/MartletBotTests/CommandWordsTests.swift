import ChatModel
import Testing

@testable import MartletBot

struct CommandWordsTests {
    private func words(_ line: String) throws -> [String] {
        var words = CommandWords(line[...])
        var all: [String] = []
        while let word = try words.next() { all.append(word) }
        return all
    }

    @Test(arguments: [
        ("", []),
        ("   ", []),
        (" a  b\tc\n", ["a", "b", "c"]),
        (#"kick bob "too loud""#, ["kick", "bob", "too loud"]),
        (#"a "" b"#, ["a", "", "b"]),
        (#""say \"hi\"" x"#, [#"say "hi""#, "x"]),
        (#"5" disk"#, [#"5""#, "disk"]),
        (#"it"s fine"#, [#"it"s"#, "fine"]),
        (#"C:\temp a\ b \"q"#, [#"C:\temp"#, "a b", #""q"#]),
        ("“too loud” „so laut“ «trop fort»", ["too loud", "so laut", "trop fort"]),
        (#"“mixed""#, ["mixed"]), (#""mixed” x"#, ["mixed", "x"]), ("„gemischt\" x", ["gemischt", "x"]),
        (#"two “The "lazy" fox” b"#, ["two", #"The "lazy" fox"#, "b"]),
        (#"„Der "faule" Fuchs“ b"#, [#"Der "faule" Fuchs"#, "b"]),
        ("”så här” »so« «так» 「こう」 『そう』", ["så här", "so", "так", "こう", "そう"]),
        ("“a” “b”", ["a", "b"]), ("it’s ‘fine’", ["it’s", "‘fine’"]),
        ("👩‍👩‍👧 e\u{301}", ["👩‍👩‍👧", "é"]),
        (#"a\"#, [#"a\"#]),
    ]) func `a line falls into words`(line: String, expected: [String]) throws {
        #expect(try words(line) == expected)
    }

    @Test(arguments: [#"""#, #""open"#, "“never", #""\"#, #""a\""#])
    func `a quotation mark that is never closed is an error where a word is wanted`(line: String) {
        #expect(throws: CommandWords.OpenQuotation.self) { try words(line) }
    }

    @Test func `the rest is what was written, marks and line breaks included`() throws {
        var words = CommandWords("one  say \"hi\"\n  5\" disk \n")
        #expect(try words.next() == "one")
        #expect(words.takeRest() == "say \"hi\"\n  5\" disk")
        #expect(words.isAtEnd)
        #expect(words.takeRest() == "")
    }

    @Test func `options are recognised with both spellings of a value and of the dashes`() throws {
        var words = CommandWords(#"--after 2h --note="a b" —quiet --empty= --x"#)
        var found: [String] = []
        while let option = try words.nextOption() {
            found.append("\(option.name)=\(option.value ?? "-")")
            if option.name == "after" { found.append(try words.next() ?? "") }
        }
        #expect(found == ["after=-", "2h", "note=a b", "quiet=-", "empty=", "x=-"])
        #expect(words.isAtEnd)
    }

    @Test(arguments: ["--> look", "-5", "--5", "-- x", "- x", "—", "text --after 2h"])
    func `what only resembles an option is none`(line: String) throws {
        var words = CommandWords(line[...])
        #expect(try words.nextOption() == nil)
        #expect(words.takeRest() == line)
    }

    @Test func `two dashes alone end the options`() throws {
        var words = CommandWords("--  --after")
        let hasEnded = words.takeEndOfOptions()
        #expect(hasEnded)
        #expect(words.takeRest() == "--after")
    }
}
