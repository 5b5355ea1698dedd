extension MailMessage {
    /// Whether the mail says that it answers or forwards another.
    package var replyKind: ReplyTrimmer.Kind {
        let prefix = subjectPrefix
        if Self.forwardPrefixes.contains(prefix) { return .forward }
        return Self.answerPrefixes.contains(prefix) || !inReplyTo.isEmpty || !references.isEmpty ? .answer : .fresh
    }

    /// The word before the first colon, past what lists put in brackets: `re`, `aw`, `回复`.
    private var subjectPrefix: String {
        var rest = subject[...].drop { $0.isWhitespace }
        while rest.first == "[", let close = rest.firstIndex(of: "]") {
            rest = rest[rest.index(after: close)...].drop { $0.isWhitespace }
        }
        guard let colon = rest.firstIndex(where: { $0 == ":" || $0 == "：" }) else { return "" }
        let word = rest[..<colon].prefix { $0 != "[" && $0 != "(" && $0 != "^" }.trimmingSpaces.lowercased()
        return word.count <= 12 ? word : ""
    }

    private static let answerPrefixes: Set<String> = [
        "re", "aw", "antw", "antwort", "sv", "vs", "vá", "odp", "od", "ynt", "yan", "rif", "r", "res", "resp", "ref",
        "rép",
        "ré", "απ", "σχετ", "ha", "atb", "hb", "на", "отв", "ответ", "відп", "回复", "回覆", "答复", "返信", "회신", "답장",
        "תגובה",
        "השב", "رد", "ตอบ", "trả lời", "bls", "bal", "sven", "par", "vast", "re.",
    ]

    private static let forwardPrefixes: Set<String> = [
        "fw", "fwd", "wg", "wtr", "tr", "rv", "enc", "i", "vl", "vb", "vid", "doorst", "pd", "ilt", "i̇lt", "továbbítás",
        "továbbítva",
        "fs", "vs.", "prz", "пер", "пересл", "препр", "πρθ", "transf", "trs", "转发", "轉寄", "转寄", "転送", "전달", "הועבר",
        "העבר",
        "إعادة توجيه", "ส่งต่อ", "trd", "chuyển tiếp", "tc", "trw", "videresend", "fyi", "fwd.", "fw.",
    ]
}
