/// How people name somebody, and who is meant; the same for the server and for bots.
package struct MentionCase: Sendable, CustomStringConvertible {
    /// As it is written, one word.
    package let word: String
    /// Nil when nobody is.
    package let handle: String?

    package var description: String { word }

    private init(_ word: String, _ handle: String?) {
        self.word = word
        self.handle = handle
    }

    /// The handles that there are.
    package static let handles = [
        "bob", "probe", "probe.bot", "anna-lena", "under_score", "wow!", "zoë", "李雷", String(repeating: "ж", count: 64),
    ]

    package static let all: [MentionCase] = [
        MentionCase("@bob", "bob"), MentionCase("@Bob", "bob"), MentionCase("@bob.", "bob"),
        MentionCase("@bob!", "bob"),
        MentionCase("(@bob)", "bob"), MentionCase("@bob).", "bob"), MentionCase("@bob,", "bob"),
        MentionCase("@bob:", "bob"),
        MentionCase("@bob's", "bob"), MentionCase("@bob’s", "bob"), MentionCase("**@bob**", "bob"),
        MentionCase("@bob…", "bob"),
        MentionCase("“@bob”", "bob"), MentionCase("@bob/@probe", "bob"), MentionCase("@bob👍", "bob"),
        MentionCase("@bob、李雷", "bob"),
        MentionCase("@probe.bot", "probe.bot"), MentionCase("@probe.bot.", "probe.bot"),
        MentionCase("@probe.", "probe"),
        MentionCase("@probe.txt", "probe"), MentionCase("@probe-2", "probe"), MentionCase("@anna-lena's", "anna-lena"),
        MentionCase("@anna", nil), MentionCase("@under_score_", "under_score"), MentionCase("_@bob_", "bob"),
        MentionCase("@wow!", "wow!"), MentionCase("@wow!!", "wow!"), MentionCase("@wow", nil),
        MentionCase("@zoë?", "zoë"),
        MentionCase("@zoe\u{308}", "zoë"), MentionCase("@ZOË", "zoë"), MentionCase("@李雷。", "李雷"),
        MentionCase("@李雷你好", nil),
        MentionCase("@" + String(repeating: "Ж", count: 64) + ".", String(repeating: "ж", count: 64)),
        MentionCase("@" + String(repeating: "ж", count: 65), nil), MentionCase("@", nil), MentionCase("@@", nil),
        MentionCase("@.", nil), MentionCase("@nobody", nil), MentionCase("@b\u{200B}ob", nil),
    ]
}
