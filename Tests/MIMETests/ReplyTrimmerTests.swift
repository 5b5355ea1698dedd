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
        ("yes\n\nSent from my phone\n\nOn 20 Nov 2026, A <a@x> wrote:\n> old", "yes"),
        ("On 20 Nov 2026, A <a@x> wrote:\n> old\n\nmy answer", "my answer"),
        ("> old\n\nmy answer\nmore", "my answer\nmore"),
        ("> one\n\nfirst\n\n> two\n\nsecond", "> one\n\nfirst\n\n> two\n\nsecond"),
        (
            "On 20 Nov 2026, A <a@x> wrote:\n> one\n\nfirst\n\n> two\n\nsecond",
            "On 20 Nov 2026, A <a@x> wrote:\n> one\n\nfirst\n\n> two\n\nsecond"
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
