import MIME
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ReplyTrimmerTests {
    @Test(arguments: [
        ("yes\n\nOn Fri, 20 Nov 2026 at 18:00, A B <a@x> wrote:\n\n> old\n> older\n", "yes"),
        ("yes\n\nOn Fri, 20 Nov 2026 at 18:00, A B\n<a@x>\nwrote:\n> old", "yes"),
        ("ja\n\nAm 20.11.2026 um 18:00 schrieb A B <a@x>:\n> alt", "ja"),
        ("oui\nLe 20 nov. 2026 à 18:00, A B <a@x> a écrit :\n> vieux", "oui"),
        ("yes\n-----Original Message-----\nFrom: A\nold", "yes"),
        ("ja\n\n-----Ursprüngliche Nachricht-----\nVon: A\nalt", "ja"),
        ("yes\n\nFrom: A <a@x>\nSent: Friday\nTo: B\nSubject: C\n\nold text", "yes"),
        ("yes\n\n> old\n> older", "yes"), ("yes\n-- \nA B\nExample Ltd", "yes"), ("yes\n\nSent from my phone\n", "yes"),
        ("yes\n\nSent from my Verizon Wireless BlackBerry", "yes"), ("ja\n\nVon meinem iPhone gesendet", "ja"),
        // People begin sentences so, too.
        ("yes\n\nSent from my desk, it is easier.", "yes\n\nSent from my desk, it is easier."),
        ("ja\n\nVon meinem Standpunkt aus ist das gut", "ja\n\nVon meinem Standpunkt aus ist das gut"),
        ("yes\n\nSent from my phone\n\nOn 20 Nov 2026, A <a@x> wrote:\n> old", "yes"),
        ("On 20 Nov 2026, A <a@x> wrote:\n> old\n\nmy answer", "my answer"),
        // What somebody quotes to begin with, without a program's word that it did, stays.
        ("> old\n\nmy answer\nmore", "> old\n\nmy answer\nmore"),
        ("> one\n\nfirst\n\n> two\n\nsecond", "> one\n\nfirst\n\n> two\n\nsecond"),
        (
            "On 20 Nov 2026, A <a@x> wrote:\n> one\n\nfirst\n\n> two\n\nsecond",
            "> one\n\nfirst\n\n> two\n\nsecond"
        ),
        ("On the whole I wrote:\nnothing", "On the whole I wrote:\nnothing"),
        ("From: here\nTo: there\nok", "From: here\nTo: there\nok"),
        ("code:\n```\n-- \n> x\n```\ndone", "code:\n```\n-- \n> x\n```\ndone"),
        ("> only quotes", "> only quotes"), ("-- \nonly a signature", "-- \nonly a signature"), ("", ""), ("\n\n", ""),
        ("plain", "plain"), ("a\r\nb\r\n> c\r\n", "a\nb"),
    ])
    func `the new part is what remains`(text: String, expected: String) {
        #expect(ReplyTrimmer.trim(text).visible == expected)
    }

    @Test(arguments: [
        "Am So., 3. Mai 2026 um 10:00 Uhr schrieb Ada <help@example.org>:",
        "Le dim. 3 mai 2026 à 10:00, Ada <help@example.org> a écrit :",
        "El dom, 3 may 2026 a las 10:00, Ada (<help@example.org>) escribió:",
        "Il giorno dom 3 mag 2026 alle ore 10:00 Ada <help@example.org> ha\nscritto:",
        "Op zo 3 mei 2026 om 10:00 schreef Ada <help@example.org>:",
        "Em dom., 3 de mai. de 2026 às 10:00, Ada <help@example.org> escreveu:",
        "Den sön 3 maj 2026 kl 10:00 skrev Ada <help@example.org>:",
        "su 3. toukok. 2026 klo 10.00 Ada (help@example.org) kirjoitti:",
        "niedz., 3 maj 2026 o 10:00 Ada <help@example.org> napisał(a):",
        "ne 3. 5. 2026 v 10:00 odesílatel Ada <help@example.org> napsal:",
        "вс, 3 мая 2026 г. в 10:00, Ada <help@example.org>:",
        "нд, 3 трав. 2026 р. о 10:00 Ada <help@example.org> пише:",
        "Στις Κυρ 3 Μαΐ 2026 στις 10:00 π.μ., ο/η Ada\n<help@example.org> έγραψε:",
        "Ada <help@example.org>, 3 May 2026 Paz, 10:00 tarihinde şunu yazdı:",
        "Ada <help@example.org> ezt írta (időpont: 2026. máj. 3., V,\n10:00):",
        "În dum., 3 mai 2026 la 10:00, Ada <help@example.org> a scris:",
        "2026-05-03, sk, 10:00 Ada <help@example.org> rašė:",
        "Ada <help@example.org> kirjutas kuupäeval P, 3. mai 2026 kell 10:00:",
        "2026年5月3日(日) 10:00 Ada <help@example.org>:", "Ada <help@example.org> 于2026年5月3日周日 10:00写道：",
        "2026년 5월 3일 (일) 오전 10:00, Ada <help@example.org>님이 작성:",
        "ในวันที่ อา. 3 พ.ค. 2569 เวลา 10:00 Ada <help@example.org>\nเขียนว่า:",
        "Vào CN, 3 thg 5, 2026 vào lúc 10:00 Ada <help@example.org>\nđã viết:",
        "Pada tanggal Min, 3 Mei 2026 pukul 10.00 Ada <help@example.org>\nmenulis:",
        "في الأحد، ٣ مايو ٢٠٢٦ في ١٠:٠٠ ص تمت كتابة ما يلي بواسطة Ada <help@example.org>:",
        "\u{202B}בתאריך יום א׳, 3 במאי 2026 ב-10:00 מאת Ada <\u{202A}help@example.org\u{202C}>:\u{202C}",
        "Missatge de Ada <help@example.org> del dia dg., 3 de maig 2026 a les\n10:00:",
    ])
    func `an attribution is known in any language`(attribution: String) {
        for kind in [ReplyTrimmer.Kind.answer, .unknown, .fresh] {
            #expect(ReplyTrimmer.trim("Yes.\n\n\(attribution)\n\n> Which?", kind).visible == "Yes.")
        }
        #expect(ReplyTrimmer.trim("Yes.\n\n\(attribution)\n\nWhich?", .answer).visible == "Yes.")
    }

    @Test(arguments: [
        "From|Sent|To|Subject", "Von|Gesendet|An|Betreff", "De |Envoyé |À |Objet ", "De|Enviado el|Para|Asunto",
        "Da|Inviato|A|Oggetto",
        "Van|Verzonden|Aan|Onderwerp", "Od|Wysłano|Do|Temat", "От|Отправлено|Кому|Тема", "Från|Skickat|Till|Ämne",
        "差出人|送信日時|宛先|件名",
        "发件人|发送时间|收件人|主题", "*From*|*Date*|*To*|*Subject*", "Lähettäjä|Lähetetty|Vastaanottaja|Aihe",
        "Feladó|Elküldve|Címzett|Tárgy",
    ])
    func `the head of the mail that is answered is known`(names: String) {
        let names = names.split(separator: "|")
        let values = ["Ada <help@example.org>", "Sunday, 3 May 2026 10:00", "Kim <kim@example.net>", "RE: order"]
        let head = zip(names, values).map { "\($0): \($1)" }.joined(separator: "\n")
        #expect(ReplyTrimmer.trim("Yes.\n\n\(head)\n\nWhich?", .answer).visible == "Yes.")
        // In a mail that answers none it may be what the mail is about.
        for kind in [ReplyTrimmer.Kind.fresh, .forward] {
            #expect(ReplyTrimmer.trim("Look.\n\n\(head)\n\nWhich?", kind).elided.isEmpty)
        }
    }

    @Test(arguments: [
        "A new request.\n\nFrom: Jo Doe\nSubject: Refund\nDate: 3 May 2026\n\nMessage:\nI was charged twice.",
        "Things:\n- I kept the original message\n- and the rest\n\nBye",
        "I have met him on Sunday 3 May:\nhe said no.\n\nBye",
        "From 3 May 2026:\n- the shop is closed\n- call Ada <ada@example.org>\nThanks",
        "He wrote:\n\"My dog\"\nand that is that",
        "See:\nName: Jo\nDate: 3 May 2026 10:00\nOrder: 4711\nEmail: jo@example.org\n\nThanks",
        "Look.\n\n---------- Message transféré ----------\nDe : Kim <kim@example.net>\nDate: dim. 3 mai 2026\n\nnuméro 4711",
        "Look.\n\n> Begin forwarded message:\n>\n> From: A <a@example.org>\n>\n> text",
        "one\n--\n\(String(repeating: "long\n", count: 30))last",
        "code:\n```\nOn 20 Nov 2026, A <a@x> wrote:\n> x\n```\ndone",
    ])
    func `what looks like another mail but is the writer's own stays`(text: String) {
        for kind in [ReplyTrimmer.Kind.answer, .fresh, .forward, .unknown] {
            #expect(ReplyTrimmer.trim(text, kind).visible == text)
        }
    }

    @Test func `prose about who wrote to whom stays where the mail answers none`() {
        let text =
            "Please help.\n\nOn 3 May 2026 John wrote to info@example.com:\n\nMy printer burns.\n\nCould you call?"
        #expect(ReplyTrimmer.trim(text, .fresh).visible == text)
        #expect(ReplyTrimmer.trim(text, .answer).visible == text)
    }

    @Test func `what is cut off comes back`() {
        let result = ReplyTrimmer.trim("top\n\nOn 20 Nov 2026, A <a@x> wrote:\n> old\n\n-- \nsig")
        #expect(result.visible == "top")
        #expect(result.elided == "On 20 Nov 2026, A <a@x> wrote:\n> old\n\n-- \nsig")
    }

    @Test(arguments: [
        "> x\n", "On 1 wrote\n", "On 1 a@x wrote:\n", "On \n", "From: a\n", ">", "-- \n", "\n", "```\n", "x",
        "a\n> b\n",
    ])
    func `a long mail of one kind of line takes no longer than others`(piece: String) {
        let text = String(repeating: piece, count: 100_000 / piece.utf8.count)
        let result = ReplyTrimmer.trim(text)
        #expect(result.visible.isEmpty == (piece == "\n"))
    }
}
