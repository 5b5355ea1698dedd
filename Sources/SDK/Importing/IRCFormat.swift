/// How a program writes the logs of its channels.
enum IRCFormat: String, CaseIterable {
    /// `10:00 < jo> text`, with `--- Log opened …` and `--- Day changed …` between.
    case irssi
    /// `2026-02-01 10:00:00`, nick and text with tabs between.
    case weechat
    /// `[10:00:00] <jo> text` and `[10:00:00] *** Joins: …`, a file a day.
    case znc
    /// `[10:00] <jo> text` and `=== …`.
    case bracketed

    /// For the sentence that names what is known.
    var example: String {
        switch self {
        case .irssi: "irssi (\"10:00 < jo> text\")"
        case .weechat: "weechat (\"2026-02-01 10:00:00\", nick and text with tabs between)"
        case .znc: "ZNC (\"[10:00:00] <jo> text\")"
        case .bracketed: "\"[10:00] <jo> text\""
        }
    }

    static var known: String {
        let examples = allCases.map(\.example)
        return examples.dropLast().joined(separator: ", ") + " or " + (examples.last ?? "")
    }

    /// What a look at the beginning of a log found.
    enum Finding: Equatable {
        case known(IRCFormat)
        /// The number of the first line that does not fit, from 1.
        case unknown(line: Int)
    }

    /// Tells the format by the lines: most of them must fit it.
    ///
    /// - Parameter lines: With their numbers, without blank ones; as many as one cares to look at.
    static func find(_ lines: [(number: Int, text: String)]) -> Finding {
        var best: (format: IRCFormat, fits: Int, misfit: Int)?
        for format in allCases {
            var fits = 0
            var misfit: Int?
            for (number, text) in lines {
                let line = IRCLine(text, format)
                if line.fits { fits += 1 } else { misfit = misfit ?? number }
            }
            if fits > best?.fits ?? -1 { best = (format, fits, misfit ?? 1) }
        }
        guard let best, best.fits * 2 >= lines.count else { return .unknown(line: best?.misfit ?? 1) }
        return .known(best.format)
    }
}
