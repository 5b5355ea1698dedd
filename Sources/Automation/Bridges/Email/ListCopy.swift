import ChatModel
import Foundation
import MIME

/// Whether a mail is one that is there already, as a mailing list has changed it.
///
/// Whoever is written to directly and through a list gets a mail twice, with one identifier: the list puts a tag before
/// the subject and a footer below the text.
enum ListCopy {
    /// Lines of the footer, and bytes.
    private static let longestFooter = (lines: 20, bytes: 2000)

    static func isOne(_ mail: MailMessage, of message: Message, _ record: MailRecord) -> Bool {
        guard let from = mail.from.first?.address, from.lowercased() == record.address.lowercased(),
            plain(mail.subject) == plain(record.subject)
        else { return false }
        var old = PlainLines.split(message.text)[...]
        // A message that is no answer begins with the subject.
        if message.threadRootID == nil, !record.subject.isEmpty { old = old.dropFirst() }
        let new = PlainLines.split(MailText(mail, isAnswer: true).text)[...]
        let (ours, theirs) = (words(old), words(new))
        if ours == theirs { return true }
        return isFooter(after: ours, theirs) || isFooter(after: theirs, ours)
    }

    /// Without `Re:` and the tag of a list.
    private static func plain(_ subject: String) -> String {
        var text = subject.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")[...]
        for _ in 0..<8 {
            if text.hasPrefix("re:") {
                text = text.dropFirst(3)
            } else if text.first == "[", let end = text.firstIndex(of: "]") {
                text = text[text.index(after: end)...]
            } else if text.first == " " {
                text = text.dropFirst()
            } else {
                break
            }
        }
        return String(text)
    }

    private static func words(_ lines: ArraySlice<Substring>) -> [Substring] {
        lines.filter { !$0.allSatisfy(\.isWhitespace) }
    }

    /// Whether the longer one is the other, then a line of underscores or hyphens and little more.
    private static func isFooter(after shorter: [Substring], _ longer: [Substring]) -> Bool {
        guard !shorter.isEmpty, longer.count > shorter.count, longer.starts(with: shorter) else { return false }
        let footer = longer[shorter.count...]
        guard footer.count <= longestFooter.lines, footer.reduce(0, { $0 + $1.utf8.count }) <= longestFooter.bytes
        else { return false }
        let rule = footer[footer.startIndex].filter { $0 != "\\" && !$0.isWhitespace }
        return rule == "--" || rule.utf8.count >= 5 && (rule.allSatisfy { $0 == "_" } || rule.allSatisfy { $0 == "-" })
    }
}
