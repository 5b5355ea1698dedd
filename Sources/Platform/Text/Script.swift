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
    package static let syriac = Script("Syrc")
    package static let coptic = Script("Copt")
    package static let georgian = Script("Geor")
    package static let tifinagh = Script("Tfng")
    package static let runic = Script("Runr")
    package static let oldItalic = Script("Ital")
    package static let gothic = Script("Goth")
    package static let deseret = Script("Dsrt")
    package static let canadian = Script("Cans")
    package static let vai = Script("Vaii")
    package static let bamum = Script("Bamu")
    package static let lao = Script("Laoo")
    package static let khmer = Script("Khmr")
    package static let myanmar = Script("Mymr")
}

/// What Unicode says of a character beside its script.
package struct CharacterProperties: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package init(of scalar: UInt32) { rawValue = martlet_text_properties(scalar) }

    private init(_ property: martlet_text_property) { rawValue = property.rawValue }

    package static let alphabetic = Self(martlet_text_alphabetic)
    /// Its general category is a letter.
    package static let letter = Self(martlet_text_letter)
    package static let mark = Self(martlet_text_mark)
    /// A mark that takes no place of its own.
    package static let accent = Self(martlet_text_accent)
    /// Not shown: default ignorable, or a format character.
    package static let ignorable = Self(martlet_text_ignorable)
    /// May make one character with the one before it.
    package static let combines = Self(martlet_text_combines)
    /// Another one or nothing in ``TextForm/nfkcCasefold``.
    package static let folds = Self(martlet_text_folds)
    package static let cased = Self(martlet_text_cased)
    package static let lowercase = Self(martlet_text_lowercase)
    package static let blank = Self(martlet_text_blank)
    package static let dash = Self(martlet_text_dash)
    /// A symbol or an emoji.
    package static let picture = Self(martlet_text_picture)
    /// The dot that changes a letter of Indic scripts.
    package static let nukta = Self(martlet_text_nukta)
}

/// What Unicode and CLDR say of single characters.
package enum CharacterFacts {
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
