internal import CICU

/// A script by its code in ISO 15924.
package struct Script: Sendable, Hashable, CustomStringConvertible {
    /// The code's four letters, one a byte.
    package let code: UInt32

    /// The script of a character; ``common`` and ``inherited`` for what several share.
    package init(of scalar: Unicode.Scalar) { code = martlet_text_script(scalar.value) }

    private init(_ code: StaticString) {
        self.code = code.withUTF8Buffer { $0.reduce(0) { $0 << 8 | UInt32($1) } }
    }

    package var description: String {
        String(decoding: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: code >> $0) }, as: UTF8.self)
    }

    package static let common = Script("Zyyy")
    package static let inherited = Script("Zinh")
    package static let unknown = Script("Zzzz")
    package static let latin = Script("Latn")
    package static let greek = Script("Grek")
    package static let cyrillic = Script("Cyrl")
    package static let armenian = Script("Armn")
    package static let cherokee = Script("Cher")
    package static let lisu = Script("Lisu")
    package static let han = Script("Hani")
    package static let hiragana = Script("Hira")
    package static let katakana = Script("Kana")
    package static let hangul = Script("Hang")
    package static let thai = Script("Thai")
    package static let arabic = Script("Arab")
    package static let hebrew = Script("Hebr")
}

/// What Unicode and CLDR say of single characters.
package enum CharacterFacts {
    /// The ranges of a set in ICU's notation: `[:Lu:]`, `[[:M:]-[:Mc:]]`.
    ///
    /// - Returns: Nil when there is no such set.
    package static func ranges(of pattern: String) -> [ClosedRange<UInt32>]? {
        gathered { martlet_text_set(pattern, $0, gather) }
    }

    /// The letters that a language is written with, small ones, as CLDR lists them; nil for a tag that it does not know.
    package static func letters(ofLanguage tag: String) -> Set<Unicode.Scalar>? {
        gathered { martlet_text_letters(tag, $0, gather) }.map { ranges in
            Set(ranges.joined().compactMap(Unicode.Scalar.init))
        }
    }

    /// The one character that two make together: `e` and an acute accent, `ハ` and its mark, two jamo of Hangul.
    package static func composed(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
        let both = martlet_text_composed(first.value, second.value)
        return both == 0 ? nil : Unicode.Scalar(both)
    }

    private final class Ranges {
        var all: [ClosedRange<UInt32>] = []
    }

    private static func gathered(_ body: (UnsafeMutableRawPointer) -> Int32) -> [ClosedRange<UInt32>]? {
        let ranges = Ranges()
        let isKnown = withExtendedLifetime(ranges) { body(Unmanaged.passUnretained(ranges).toOpaque()) != 0 }
        return isKnown ? ranges.all : nil
    }

    /// Called by ICU for each range, while ``gathered(_:)`` waits.
    private static let gather: @convention(c) (UnsafeMutableRawPointer?, UInt32, UInt32) -> Void = {
        context, first, last in
        guard let context else { return }
        Unmanaged<Ranges>.fromOpaque(context).takeUnretainedValue().all.append(first...last)
    }
}
