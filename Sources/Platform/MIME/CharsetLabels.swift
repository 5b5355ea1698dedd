/// Which converter reads a label: the names and labels of the WHATWG's Encoding Standard, and what mails use beyond it.
///
/// The label is the sender's: converters that no mail needs stay out of reach.
enum CharsetLabels {
    /// The name that iconv knows; nil for a label that says nothing.
    static func converter(_ label: String) -> String? {
        let name = String(
            decoding: label.utf8.filter { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x27 }.prefix(60), as: UTF8.self
        )
        return byLabel[name.lowercased()]
    }

    private static let byLabel: [String: String] = {
        var all: [String: String] = [:]
        for (converter, labels) in table {
            for label in labels.split(whereSeparator: \.isWhitespace) { all[String(label)] = converter }
        }
        return all
    }()

    /// https://encoding.spec.whatwg.org/#names-and-labels, then further labels.
    private static let table: [(converter: String, labels: String)] = [
        (
            "UTF-8",
            """
            unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8 uft-8 utf8mb4 utf_8 cp65001
            """
        ),
        ("CP866", "866 cp866 csibm866 ibm866"),
        (
            "ISO-8859-2",
            """
            csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2
            """
        ),
        (
            "ISO-8859-3",
            """
            csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3
            """
        ),
        (
            "ISO-8859-4",
            """
            csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4
            """
        ),
        (
            "ISO-8859-5",
            """
            csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988
            """
        ),
        (
            "ISO-8859-6",
            """
            arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e
            iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987
            """
        ),
        (
            "ISO-8859-7",
            """
            csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7
            iso_8859-7:1987 sun_eu_greek
            """
        ),
        (
            "ISO-8859-8",
            """
            csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8
            iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical
            """
        ),
        ("ISO-8859-10", "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6"),
        ("ISO-8859-13", "iso-8859-13 iso8859-13 iso885913"),
        ("ISO-8859-14", "iso-8859-14 iso8859-14 iso885914"),
        ("ISO-8859-15", "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 latin9 latin-9"),
        ("ISO-8859-16", "iso-8859-16"),
        ("KOI8-R", "cskoi8r koi koi8 koi8-r koi8_r koi-8"),
        ("KOI8-U", "koi8-ru koi8-u"),
        ("MACINTOSH", "csmacintosh mac macintosh x-mac-roman"),
        ("CP874", "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874"),
        ("CP1250", "cp1250 windows-1250 x-cp1250"),
        ("CP1251", "cp1251 windows-1251 x-cp1251 cp-1251 win-1251 windows1251"),
        (
            "CP1252",
            """
            ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591
            iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252 cp-1252 cp_1252 win-1252
            windows1252 iso8859_1 iso_8859_1 latin-1
            """
        ),
        ("CP1253", "cp1253 windows-1253 x-cp1253"),
        (
            "CP1254",
            """
            cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5
            windows-1254 x-cp1254
            """
        ),
        ("CP1255", "cp1255 windows-1255 x-cp1255"),
        ("CP1256", "cp1256 windows-1256 x-cp1256"),
        ("CP1257", "cp1257 windows-1257 x-cp1257"),
        ("CP1258", "cp1258 windows-1258 x-cp1258"),
        ("MAC-UK", "x-mac-cyrillic x-mac-ukrainian"),
        (
            "GB18030",
            """
            chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030 cp936 ms936
            windows-936 x-cp936 euc-cn
            """
        ),
        ("BIG5-HKSCS", "big5 big5-hkscs cn-big5 csbig5 x-x-big5 cp950 ms950 windows-950"),
        ("EUC-JP-MS", "cseucpkdfmtjapanese euc-jp x-euc-jp eucjp-ms eucjp cp51932"),
        (
            "ISO-2022-JP-3",
            """
            csiso2022jp iso-2022-jp iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-3 iso-2022-jp-ms cp50220 cp50221
            """
        ),
        (
            "CP932",
            """
            csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis cp932 windows-932 x-ms-cp932
            """
        ),
        (
            "CP949",
            """
            cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601
            windows-949 cp949 ms949 uhc x-windows-949
            """
        ),
        ("UTF-16BE", "unicodefffe utf-16be"),
        ("UTF-16LE", "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le"),
        ("UTF-7", "utf-7 unicode-1-1-utf-7 x-unicode-1-1-utf-7"),
        ("ISO-2022-KR", "iso-2022-kr csiso2022kr"),
        ("UTF-32", "utf-32"),
        ("UTF-32LE", "utf-32le"),
        ("UTF-32BE", "utf-32be"),
        ("EUC-TW", "euc-tw x-euc-tw"),
        ("CP437", "cp437 ibm437"),
        ("CP850", "cp850 ibm850"),
        ("CP852", "cp852 ibm852"),
        ("CP855", "cp855 ibm855"),
        ("CP857", "cp857 ibm857"),
        ("CP858", "cp858 ibm858"),
        ("CP862", "cp862 ibm862"),
        ("CP864", "cp864 ibm864"),
        ("TCVN", "tcvn tcvn-5712"),
        ("VISCII", "viscii"),
        ("ARMSCII-8", "armscii-8"),
        ("GEORGIAN-PS", "georgian-ps"),
        ("KOI8-T", "koi8-t"),
        ("PT154", "pt154"),
        ("MAC-CENTRALEUROPE", "x-mac-ce x-mac-centraleurope"),
    ]
}
