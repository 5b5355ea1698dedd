/// Digits and signs that stand for letters.
enum Leet {
    @inline(__always)
    static func isSign(_ byte: UInt8) -> Bool { Signs.letter(byte) != 0 }

    /// Signs that can be one of some spaced-out letters, where brackets, `!`, `|` and `+` are what stands between.
    @inline(__always)
    static func isElement(_ byte: UInt8) -> Bool {
        isSign(byte) && byte != UInt8(ascii: "!") && byte != UInt8(ascii: "|") && byte != UInt8(ascii: "+")
            && byte != UInt8(ascii: "(")
    }

    /// The letter that a sign stands for, of those with two meanings the first or the second.
    static func letter(_ byte: UInt8, isSecond: Bool) -> UInt8 {
        if isSecond, Signs.secondLetter(byte) != 0 { return Signs.secondLetter(byte) }
        let letter = Signs.letter(byte)
        return letter == 0 ? byte : letter
    }

    /// The text with signs read as letters in every token that has a letter, in both meanings where there are two, and
    /// `vv` as a w.
    ///
    /// Marks at the end of a token are marks: `hello!` stays as it is.
    static func readings(of source: Reading) -> [Reading] {
        var first: Reading?
        var second: Reading?
        let bytes = source.bytes
        var index = 0
        while index < bytes.count {
            guard isTokenByte(bytes[index]) else {
                index += 1
                continue
            }
            let start = index
            var hasLetter = false
            var hasSign = false
            while index < bytes.count, isTokenByte(bytes[index]) {
                if Signs.isLetter(bytes[index]) || bytes[index] >= 0x80 {
                    hasLetter = true
                    if Signs.mayBeL(bytes, index) { hasSign = true }
                } else {
                    hasSign = true
                }
                index += 1
            }
            guard hasLetter, hasSign else { continue }
            var end = index
            while end > start, [0x21, 0x28, 0x2B, 0x7C].contains(bytes[end - 1]) { end -= 1 }
            for place in start..<end where isSign(bytes[place]) || Signs.mayBeL(bytes, place) {
                let read = first ?? Reading(.leet, of: source)
                first = read
                read.replace(place, letter(bytes[place], isSecond: false))
                if Signs.mayBeL(bytes, place) {
                    let other = second ?? Reading(.leet, of: source)
                    second = other
                    other.replace(place, UInt8(ascii: "l"))
                }
                if Signs.secondLetter(bytes[place]) != 0 { second = second ?? Reading(.leet, of: source) }
            }
        }
        guard let first else { return [] }
        guard let second else { return [first] }
        for place in 0..<bytes.count where first.bytes[place] != bytes[place] && isSign(bytes[place]) {
            second.replace(place, letter(bytes[place], isSecond: true))
        }
        return [first, second]
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        Signs.isLetter(byte) || isSign(byte) || byte >= 0x80 || (0x30...0x39).contains(byte)
    }

    /// Letters drawn with several signs; the longest that fits is taken.
    private static let drawings = made([
        ("|\\/|", "m"), ("/\\/\\", "m"), ("\\/\\/", "w"), ("|/\\|", "w"), ("|\\|", "n"), ("/\\/", "n"), ("/-\\", "a"),
        ("|-|", "h"), ("|_|", "u"), ("(_)", "u"), ("[]", "o"), ("()", "o"), ("|)", "d"), ("|>", "d"), ("|<", "k"),
        ("|{", "k"),
        ("|3", "b"), ("|=", "f"), ("|_", "l"), ("><", "x"), ("/\\", "a"), ("\\/", "v"),
    ])

    /// Letters that look like one together; many words have them, so only long ones are found by these.
    private static let pairs = made([("vv", "w"), ("rn", "m"), ("ph", "f")])

    private struct Drawings: Sendable {
        let all: [(signs: [UInt8], letter: UInt8)]
        /// By the first sign.
        let begins: [Bool]
    }

    private static func made(_ drawings: [(String, String)]) -> Drawings {
        let all = drawings.map { (signs: Array($0.0.utf8), letter: Array($0.1.utf8)[0]) }
        return Drawings(all: all, begins: (0...255).map { (byte: UInt8) in all.contains { $0.signs[0] == byte } })
    }

    /// The text with letters that were drawn as such; nil when there are none.
    static func drawn(_ source: Reading, isOfLetters: Bool) -> Reading? {
        let drawings = isOfLetters ? pairs : drawings
        let result = Reading(.leet, capacity: source.count, isTurned: source.isTurned)
        var hasChanged = false
        var index = 0
        let bytes = source.bytes
        while index < bytes.count {
            let byte = bytes[index]
            if drawings.begins[Int(byte)],
                let found = drawings.all.first(where: { drawing in
                    index + drawing.signs.count <= bytes.count
                        && bytes[index..<index + drawing.signs.count].elementsEqual(drawing.signs)
                })
            {
                let count = found.signs.count
                result.append(found.letter, source.start(index), source.end(index + count - 1))
                index += count
                hasChanged = true
            } else {
                result.append(byte, source.start(index), source.end(index))
                index += 1
            }
        }
        return hasChanged ? result : nil
    }
}
