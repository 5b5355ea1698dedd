/// Looks for a text in another in time linear in both, whatever they are (Knuth, Morris and Pratt).
struct ByteSearch {
    private let needle: [UInt8]
    /// For each place of the needle, how much of its beginning ends there.
    private let borders: [Int]

    init(_ needle: String) {
        let needle = Array(needle.utf8)
        var borders = Array(repeating: 0, count: needle.count)
        var length = 0
        for index in needle.indices.dropFirst() {
            while length > 0, needle[index] != needle[length] { length = borders[length - 1] }
            if needle[index] == needle[length] { length += 1 }
            borders[index] = length
        }
        self.needle = needle
        self.borders = borders
    }

    /// Where the needle begins, from left to right without overlaps; nowhere when it is empty.
    func occurrences(in text: [UInt8], limit: Int = .max) -> [Int] {
        guard !needle.isEmpty else { return [] }
        var found: [Int] = []
        var length = 0
        for index in text.indices {
            while length > 0, text[index] != needle[length] { length = borders[length - 1] }
            if text[index] == needle[length] { length += 1 }
            guard length == needle.count else { continue }
            found.append(index + 1 - length)
            if found.count == limit { return found }
            length = 0
        }
        return found
    }

    /// Whether `text` holds `word`, in any case; everything holds nothing.
    static func contains(_ word: String, in text: String) -> Bool {
        word.isEmpty || !ByteSearch(word.lowercased()).occurrences(in: Array(text.lowercased().utf8), limit: 1).isEmpty
    }
}
