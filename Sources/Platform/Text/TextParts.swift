internal import CICU

/// The words, sentences or characters of a text, as Unicode tells them apart (UAX 29).
///
/// Chinese, Japanese, Thai, Lao, Khmer and Burmese words, between which nothing stands, are found by dictionaries.
package struct TextParts: Sendable, Hashable {
    package enum Unit: Sendable {
        case words, sentences, graphemes
    }

    /// One part; what lies between words is a part, too.
    package struct Part: Sendable, Hashable {
        /// In the UTF-8 form of the text.
        package let range: Range<Int>
        /// Whether it has letters, digits or the like; always true of sentences and characters.
        package let isWord: Bool
    }

    package let parts: [Part]

    /// Finds the parts of `text`, in time linear in its bytes.
    ///
    /// - Parameters:
    ///   - language: A BCP 47 tag, for which the rules differ a little; empty for the common ones.
    ///   - limit: The most parts that are looked for; what is behind them is no part.
    package init(_ unit: Unit, of text: String, language: String = "", limit: Int = .max) {
        var text = text
        parts = text.withUTF8 { Self.parts(unit, $0, language, limit) }
    }

    private static func parts(
        _ unit: Unit, _ utf8: UnsafeBufferPointer<UInt8>, _ language: String, _ limit: Int
    ) -> [Part] {
        let most = min(limit, utf8.count)
        guard most > 0 else { return [] }
        let kind =
            switch unit {
            case .words: martlet_text_words
            case .sentences: martlet_text_sentences
            case .graphemes: martlet_text_graphemes
            }
        var statuses = [UInt8](repeating: 0, count: most)
        var count: Int64 = 0
        let ends = [Int32](unsafeUninitializedCapacity: most) { buffer, used in
            count = utf8.withMemoryRebound(to: CChar.self) { source in
                martlet_text_breaks(
                    kind, language, source.baseAddress, source.count, buffer.baseAddress, &statuses, most)
            }
            used = max(0, Int(count))
        }
        var start = 0
        return ends.indices.map { index in
            defer { start = Int(ends[index]) }
            return Part(range: start..<Int(ends[index]), isWord: statuses[index] == 1)
        }
    }
}
