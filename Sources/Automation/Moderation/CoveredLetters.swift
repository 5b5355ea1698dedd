/// Words with a vowel covered by a sign or a picture: `d*mwit`, `d🤡mwit`.
enum CoveredLetters {
    private static let longestWord = 40
    private static let latin = "aeiouy".unicodeScalars.map { [UInt8($0.value)] }
    private static let cyrillic = "аеёиоуыэюя".unicodeScalars.map { Array(UTF8.encode($0) ?? .init()) }

    /// The words with covers once for each vowel, parted by NULs; nil when there are none.
    ///
    /// At most two covers a word, and in all hardly more bytes than twice the text.
    static func uncovered(_ source: Reading) -> Reading? {
        let table = FoldTable.shared
        let bound = source.count * 2 + 512
        let result = Reading(.covered, capacity: 64, isTurned: source.isTurned)
        do {
            let bytes = source.bytes
            var index = 0
            // The parts of the word at hand, covers being those without letters.
            var parts: [(range: Range<Int>, isCover: Bool)] = []
            var letters = 0
            var isCyrillic = false
            func close() {
                defer {
                    parts.removeAll(keepingCapacity: true)
                    letters = 0
                    isCyrillic = false
                }
                // What stands at both ends is emphasis, at the end a mark.
                if parts.last?.isCover == true { return }
                let covers = parts.count(where: \.isCover)
                guard (1...2).contains(covers), letters >= 2, parts.count <= longestWord else { return }
                let vowels = isCyrillic ? cyrillic : latin
                for first in vowels {
                    for second in covers == 2 ? vowels : [[]] {
                        guard result.count < bound else { return }
                        var isFirst = true
                        for part in parts {
                            if part.isCover {
                                let from = source.source(of: part.range)
                                for byte in isFirst ? first : second {
                                    result.append(byte, Int32(from.lowerBound), Int32(from.upperBound))
                                }
                                isFirst = false
                            } else {
                                result.append(from: source, part.range)
                            }
                        }
                        result.append(0, 0, 0)
                    }
                }
            }
            while index < bytes.count {
                let (value, length) = Reading.scalar(bytes, index)
                let range = index..<index + length
                index += length
                var isLetter = false
                var isCover = false
                if value < 0x80 {
                    isLetter = Signs.isLetter(UInt8(value)) || Leet.isElement(UInt8(value))
                    isCover = Signs.isBlot(UInt8(value))
                } else {
                    let traits = table.traits(of: value)
                    isLetter = traits.contains(.letter)
                    isCover = traits.contains(.blot)
                    if (0x0400..<0x0500).contains(value) { isCyrillic = true }
                    if traits.contains(.ignorable) { continue }
                }
                if isLetter {
                    letters += 1
                    parts.append((range, false))
                } else if isCover {
                    parts.append((range, true))
                } else {
                    close()
                }
            }
            close()
        }
        return result.isEmpty ? nil : result
    }
}
