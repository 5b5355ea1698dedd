internal import CICU

/// The forms into which Unicode brings texts so that they can be compared.
///
/// Each is made in time linear in the text's bytes, and no further than a bound: some characters stand for many (U+FDFA for
/// eighteen), so a short text can have a long form.
package enum TextForm: Sendable, CaseIterable {
    /// Canonically equal texts as one, composed: é is one character.
    case nfc
    /// Canonically equal texts as one, decomposed: é is two.
    case nfd
    /// Compatible characters as one, composed: ﬁ is two letters.
    case nfkc
    case nfkd
    /// Compatible characters and cases as one, without what nobody sees: for searching, not for showing.
    case nfkcCasefold
    /// Cases as one, nothing else: ß and SS are ss.
    case casefold
    /// What texts that look alike have in common (UTS 39); for comparing with other skeletons only.
    ///
    /// Changes with the version of Unicode (``unicodeVersion``), and is case-sensitive: fold cases first.
    case skeleton

    /// `text` in this form; nil when that has more than `limit` bytes.
    package func applied(to text: String, limit: Int = 1 << 20) -> String? {
        guard !text.isEmpty else { return text }
        var text = text
        return text.withUTF8 { utf8 in
            guard utf8.count <= limit else { return nil }
            if isAlways(utf8) { return String(decoding: utf8, as: UTF8.self) }
            // Most forms are about as long as the text: what the longest would need is taken only when it must be.
            for capacity in [min(limit, utf8.count * 2 + 64), limit] {
                let made = transformed(utf8, capacity)
                if made != nil || capacity == limit { return made }
            }
            return nil
        }
    }

    private func transformed(_ utf8: UnsafeBufferPointer<UInt8>, _ capacity: Int) -> String? {
        var written: Int64 = -1
        let made = String(unsafeUninitializedCapacity: capacity) { buffer in
            written = utf8.withMemoryRebound(to: CChar.self) { source in
                buffer.withMemoryRebound(to: CChar.self) { target in
                    martlet_text_transform(form, source.baseAddress, source.count, target.baseAddress, capacity)
                }
            }
            return max(0, Int(written))
        }
        return written < 0 ? nil : made
    }

    /// Whether a text of these bytes has this form in any case: ASCII has all that leave cases and looks alone.
    private func isAlways(_ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        switch self {
        case .nfc, .nfd, .nfkc, .nfkd: utf8.allSatisfy { $0 < 0x80 }
        case .nfkcCasefold, .casefold: utf8.allSatisfy { $0 < 0x80 && !(0x41...0x5A).contains($0) }
        case .skeleton: false
        }
    }

    private var form: martlet_text_form {
        switch self {
        case .nfc: martlet_text_nfc
        case .nfd: martlet_text_nfd
        case .nfkc: martlet_text_nfkc
        case .nfkd: martlet_text_nfkd
        case .nfkcCasefold: martlet_text_nfkc_casefold
        case .casefold: martlet_text_casefold
        case .skeleton: martlet_text_skeleton
        }
    }

    /// The version of Unicode that forms follow: 15.0 is 3840.
    package static var unicodeVersion: Int { Int(martlet_text_unicode()) }
}
