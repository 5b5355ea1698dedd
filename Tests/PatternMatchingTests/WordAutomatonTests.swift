import Testing

@testable import PatternMatching

struct WordAutomatonTests {
    private func found(_ words: [String], in text: String) -> [String] {
        let automaton = WordAutomaton(words.enumerated().map { WordAutomaton.Word($1.utf8, id: Int32($0)) })
        let bytes = Array(text.utf8)
        var result: [String] = []
        _ = bytes.withUnsafeBufferPointer { buffer in
            automaton.scan(buffer) { id, range in
                result.append("\(id):\(range.lowerBound)-\(range.upperBound)")
                return true
            }
        }
        return result
    }

    @Test(arguments: [
        (["he", "she", "his", "hers"], "ushers", ["1:1-4", "0:2-4", "3:2-6"]),
        (["aa"], "aaaa", ["0:0-2", "0:1-3", "0:2-4"]),
        (["Cat"], "a CAT", ["0:2-5"]), (["a", "a"], "a", ["0:0-1", "1:0-1"]), (["bad cat"], "BAD - cat", ["0:0-9"]),
        (["bad cat"], "bad    cat", []), (["bad-cat"], "bad_cat", ["0:0-7"]), (["猫"], "黒猫", ["0:3-6"]),
        (["ab"], "a\0b", []),
        ([], "abc", []), (["", " "], "abc ", []), (["abcd", "bc"], "abce", ["1:1-3"]),
    ]) func `all words are found at all places`(words: [String], text: String, expected: [String]) {
        #expect(Set(found(words, in: text)) == Set(expected))
    }

    @Test func `it finds what a search word by word finds`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let words = (0..<40).map { _ in
                String(
                    (0..<Int.random(in: 1...4, using: &random)).map { _ in "ab c".randomElement(using: &random) ?? "a" }
                )
                .split(separator: " ").joined(separator: " ")
            }.filter { !$0.isEmpty }
            let text = String((0..<80).map { _ in "abc".randomElement(using: &random) ?? "a" })
            var expected: Set<String> = []
            let bytes = Array(text.utf8)
            for (index, word) in words.enumerated() where !word.contains(" ") {
                let length = word.utf8.count
                for start in 0..<bytes.count
                where start + length <= bytes.count && Array(word.utf8) == Array(bytes[start..<start + length]) {
                    expected.insert("\(index):\(start)-\(start + length)")
                }
            }
            #expect(Set(found(words, in: text)) == expected)
        }
    }

    @Test func `a scan ends when enough was found`() {
        let automaton = WordAutomaton([WordAutomaton.Word("a".utf8, id: 0)])
        var count = 0
        let isWhole = Array("aaaa".utf8).withUnsafeBufferPointer { bytes in
            automaton.scan(bytes) { _, _ in
                count += 1
                return count < 2
            }
        }
        #expect(!isWhole && count == 2)
    }
}
