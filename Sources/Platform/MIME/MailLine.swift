/// What a line of a mail's text is, looked at by itself.
enum MailLine: Equatable {
    case empty, text, quote, signature, mobile
    /// Between lines of three backticks.
    case code
    /// A row of marks and nothing else.
    case rule
    /// `-----Original Message-----`.
    case original
    /// `---------- Forwarded message ---------`, in any language, when what follows is the head of a mail.
    case forward
    /// `From: …`; `kind` says which of a mail's headers.
    case header(kind: HeaderKind)

    enum HeaderKind { case from, date, to, subject, other }

    private static let maximumLineBytes = 400

    static func kind(of line: Substring) -> MailLine { isPlain(line.utf8) ? .text : look(at: line) }

    /// Whether a line is text at first sight: nearly all are.
    private static func isPlain(_ line: Substring.UTF8View) -> Bool {
        var rest = line.drop { $0 == 0x20 || $0 == 0x09 }
        guard let first = rest.first, (0x30...0x39).contains(first) || (0x61...0x7A).contains(first | 0x20) else {
            return false
        }
        if line.prefix(120).contains(0x3A) || rest.prefix(4).contains(0x3E) { return false }
        var start: UInt32 = 0
        for _ in 0..<3 { start = start << 8 | UInt32((rest.popFirst() ?? 0) | 0x20) }
        return !starts.contains(start)
    }

    /// The first three bytes of phrases that programs write.
    private static let starts = Set(
        (appleForwards + mobiles).map { phrase in
            phrase.utf8.prefix(3).reduce(UInt32(0)) { $0 << 8 | UInt32($1 | 0x20) }
        })

    private static func look(at line: Substring) -> MailLine {
        var start = line.drop { $0.isWhitespace || $0 == "\u{200B}" || $0 == "\u{FEFF}" }
        if start.isEmpty { return .empty }
        if isQuote(start) { return .quote }
        if line == "-- " || line == "--" || line == "-- \r" { return .signature }
        guard line.utf8.count <= maximumLineBytes else { return .text }
        while start.last?.isWhitespace == true { start.removeLast() }
        if isRule(start) { return .rule }
        if let mark = banner(start) { return mark }
        if let kind = header(start) { return .header(kind: kind) }
        // Most lines begin as none of these does.
        guard start.utf8.count <= 300, let first = start.lowercased().first, mobileStarts.contains(first) else {
            return .text
        }
        let lower = start.lowercased()
        guard let phrase = mobiles.first(where: lower.hasPrefix) else { return .text }
        // Nouns have capital letters in German.
        if phrase == "von meinem", !lower.contains("gesendet"), !lower.contains("gesandt") { return .text }
        return namesDevice(start.dropFirst(phrase.count)) ? .mobile : .text
    }

    /// Whether what follows `Sent from my ` is no more than the name of a device or a program: people begin sentences so.
    private static func namesDevice(_ rest: Substring) -> Bool {
        // An address of the program may stand behind its name.
        let name = rest.prefix { $0 != "<" && $0 != "(" && $0 != "[" }
        guard let first = name.unicodeScalars.first(where: { $0 != " " }) else { return true }
        let words = name.split(whereSeparator: \.isWhitespace)
        guard words.count <= 6, let last = name.last(where: { !$0.isWhitespace }), !".!?:;".contains(last),
            !name.contains(",")
        else { return false }
        // In scripts without capital letters their number has to do.
        return first.value >= 0x2E80 || !first.properties.isCased
            || words.contains { word in
                word.contains(where: \.isUppercase) || devices.contains { word.lowercased().hasPrefix($0) }
            }
    }

    /// `> …`, or `JD> …` as newsreaders wrote it.
    private static func isQuote(_ line: Substring) -> Bool {
        let initials = line.prefix { $0.isASCII && $0.isUppercase }
        return initials.count <= 3 && line[initials.endIndex...].first == ">"
    }

    private static func isRule(_ line: Substring) -> Bool {
        // Gmail leaves the one letter behind.
        line == "ᐧ" || line.count >= 2 && line.allSatisfy { "-_=*#~+—– ".contains($0) }
    }

    /// A line of words between rows of hyphens or the like.
    private static func banner(_ line: Substring) -> MailLine? {
        var line = line
        if line.first == "*", line.last == "*" { line = line.dropFirst().dropLast() }
        let isMark = { (character: Character) in "-_=—".contains(character) }
        let before = line.prefix(while: isMark).count
        // Words alone count only as Apple and some others write them.
        guard before != 1, before != 2, before > 0 || line.utf8.count <= 100 else { return nil }
        let words = line.drop(while: isMark).reversed().drop(while: isMark).reversed()
        let text = String(words).trimmingSpaces.lowercased()
        if let first = text.first, forwardStarts.contains(first), appleForwards.contains(where: text.hasPrefix) {
            return .forward
        }
        guard before >= 3, (1...60).contains(text.count) else { return nil }
        if originals.contains(where: text.contains) { return .original }
        // Only programs close the row again, whatever the words between mean.
        return line.hasSuffix("---") || line.hasSuffix("___") ? .forward : nil
    }

    private static func header(_ line: Substring) -> HeaderKind? {
        let plain = line.first == "*" ? Substring(line.filter { $0 != "*" }) : line
        guard let colon = plain.prefix(27).firstIndex(where: { $0 == ":" || $0 == "：" }) else { return nil }
        let name = plain[..<colon].trimmingSpaces.lowercased()
        guard (1...24).contains(name.count) else { return nil }
        return headers[name]
    }

    private static func words(_ text: String) -> [String] { text.split(separator: "|").map { $0.trimmingSpaces } }

    private static let headers: [String: HeaderKind] = {
        var all: [String: HeaderKind] = [:]
        let lists: [(HeaderKind, String)] = [
            (
                .other,
                "cc|bcc|kopie|kopi|kopia|kopio|cópia|cópia para|reply-to|answer-to|antwort an|répondre à|importance|"
                    + "wichtigkeit|priorité|copia|másolat|копия|копія|抄送|cc:|副本|参照|참조|bilgi|attachments|anlagen|respuesta a"
            ),
            (
                .from,
                "from|von|de|da|van|från|fra|frá|lähettäjä|od|от|від|от кого|kimden|gönderen|feladó|από|差出人|送信元|发件人|"
                    + "寄件者|寄件人|보낸 사람|보낸사람|من|מאת|จาก|từ|người gửi|dari|pengirim|expéditeur|saatja|kellelt|no|nuo|сайтқа|"
                    + "remitente|mittente|de la|expeditor|šalje|pošiljatelj|prejemnik od|remetente|afzender|igorlea"
            ),
            (
                .date,
                "date|sent|datum|gesendet|envoyé|envoyé le|enviado|enviada|enviado el|enviado em|enviada em|enviada el|enviat|enviado às|inviato|inviata|data|verzonden|"
                    + "skickat|skickad|sendt|dato|lähetetty|päivämäärä|päiväys|wysłano|odesláno|odoslané|poslano|отправлено|"
                    + "дата|надіслано|изпратено|gönderildi|gönderme tarihi|tarih|elküldve|dátum|στάλθηκε|ημερομηνία|送信日時|"
                    + "日時|日付|发送时间|寄件日期|日期|时间|보낸 날짜|날짜|تاريخ الإرسال|التاريخ|נשלח|תאריך|วันที่|ส่ง|đã gửi|ngày|"
                    + "dikirim|tanggal|trimis|fecha|saadetud|kuupäev|nosūtīts|datums|išsiųsta|date d'envoi|sent on"
            ),
            (
                .to,
                "to|an|à|a|para|pour|per|aan|till|til|vastaanottaja|do|komu|za|кому|до|до кого|kime|alıcı|címzett|προς|宛先|"
                    + "收件人|收件者|받는 사람|받는사람|إلى|אל|ถึง|đến|tới|kepada|untuk|către|destinataire|destinatario|adressat|saaja|"
                    + "kellele|kam|iki|ontvanger|mottagare|modtager|mottaker|prima|prejemnik"
            ),
            (
                .subject,
                "subject|betreff|objet|asunto|oggetto|onderwerp|ämne|emne|aihe|temat|předmět|predmet|тема|konu|tárgy|"
                    + "θέμα|件名|主题|主旨|主題|제목|الموضوع|נושא|เรื่อง|หัวเรื่อง|chủ đề|tiêu đề|subjek|perihal|subiect|assunto|"
                    + "teema|temats|tema|naslov|zadeva|efni|gaia|assumpte|относно"
            ),
        ]
        for (kind, names) in lists { for name in words(names) { all[name] = kind } }
        return all
    }()

    private static let originals = words(
        "original message|original mail|original email|original appointment|ursprüngliche nachricht|"
            + "originalnachricht|ursprüngliche mail|message d'origine|message d’origine|message original|mensaje original|"
            + "messaggio originale|oorspronkelijk bericht|origineel bericht|mensagem original|ursprungligt meddelande|"
            + "originalmeddelande|oprindelig meddelelse|original besked|opprinnelig melding|alkuperäinen viesti|reply message|"
            + "исходное сообщение|оригинальное сообщение|оригінальне повідомлення|wiadomość oryginalna|"
            + "původní zpráva|pôvodná správa|eredeti üzenet|özgün ileti|orijinal mesaj|αρχικό μήνυμα|mesajul original|"
            + "mesaj original|原始邮件|原始郵件|邮件原件|元のメッセージ|original message from|원본 메시지|원본 메세지|הודעה מקורית|"
            + "الرسالة الأصلية|ข้อความต้นฉบับ|thư gốc|pesan asli|izvorna poruka|izvirno sporočilo|algne kiri|přeposlaná od"
    )

    private static let forwardStarts = Set(appleForwards.compactMap(\.first))
    private static let mobileStarts = Set(mobiles.compactMap(\.first))

    private static let appleForwards = words(
        "begin forwarded message|anfang der weitergeleiteten|début du message réexpédié|début du message transféré|"
            + "inicio del mensaje reenviado|inizio messaggio inoltrato|begin doorgestuurd bericht|vidarebefordrat brev|"
            + "videresendt|início da mensagem reencaminhada|início da mensagem encaminhada|начало переадресованного|"
            + "początek przekazywanej|forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|"
            + "messaggio inoltrato|doorgestuurd bericht|mensagem encaminhada|пересылаемое сообщение|"
            + "転送されたメッセージ|转发的邮件|轉寄的郵件|전달된 메시지")

    private static let devices = words(
        "phone|mobil|móvil|movil|smart|tablet|device|handy|telefon|téléphone|telefono|teléfono|telefoon|puhelin|cell|portable|"
            + "телефон|смартфон|планшет|мобильн|laptop|computer|ordinat|gmail|outlook|mail")
    private static let mobiles = words(
        "sent from my |sent from mail for |sent from outlook|sent from yahoo|sent from samsung|sent from gmail|sent from tuta|"
            + "sent with |sent via |get outlook for |von meinem |von unterwegs gesendet|gesendet von |gesendet mit |envoyé de mon |"
            + "envoyé depuis |enviado desde |enviado do |enviado a partir |inviato da |verstuurd vanaf |verzonden vanaf |"
            + "skickat från |sendt fra |lähetetty |wysłane z |wysłano z |odesláno z |odoslané z |отправлено с |отправлено из |"
            + "надіслано з |napsáno z |iphone’umdan |iphone'umdan |elküldve |trimis de pe |poslano sa |poslano z |"
            + "iphoneから送信|发自我的|從我的|나의 iphone|נשלח מה|أُرسلت من|đã gửi từ|dikirim dari "
    ).filter { !$0.isEmpty }
}
