import PatternMatching
import Testing

struct NamePatternTests {
    @Test(arguments: [
        ("support", "support", true), ("customer-*", "customer-7", true), ("customer-*", "customers", false),
        ("*", "", true), ("a?c", "ABC", true), ("a?c", "ac", false), ("*a*b*", "xxaxxbxx", true),
        ("*a*b", "xxaxxbxx", false), ("", "a", false),
    ])
    func `names are matched with stars and question marks`(pattern: String, name: String, expected: Bool) {
        #expect(NamePattern(pattern).matches(name) == expected)
    }
}
