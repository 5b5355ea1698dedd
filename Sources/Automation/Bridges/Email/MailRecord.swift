import BridgeKit
import ChatModel
import MIME

/// What a message keeps of the mail that it was, under `mail` in its `content`.
///
/// It is written with the message, in one transaction: whoever answers the message finds whose mail it was.
struct MailRecord: Sendable {
    private static let longestIdentifier = 900
    private static let mostReferences = 20
    private static let mostAttachments = 20

    var name = ""
    var address = ""
    var proof = SenderProof.unproven
    var subject = ""
    /// As the mail names itself; nil when it does not, or oddly.
    var identifier: String?
    var references: [String] = []
    /// Where an answer may go; nil when a program wrote the mail.
    var answersTo: String?
    /// Text that was cut off from what is shown: for a fold.
    var elided = ""
    var attachments: [(name: String, type: String, size: Int)] = []
    var isAutomatic = false

    init(_ mail: MailMessage, proof: SenderProof, elided: String, isAutomatic: Bool) {
        if let from = mail.from.first {
            name = MailPoster.oneLine(from.name, 200)
            address = MailPoster.oneLine(from.address, 320)
        }
        self.proof = proof
        subject = MailPoster.oneLine(mail.subject, MailPoster.longestSubject)
        identifier = mail.messageID.flatMap { $0.utf8.count <= Self.longestIdentifier ? $0 : nil }
        let chain = mail.references.isEmpty ? mail.inReplyTo : mail.references
        references = chain.filter(MailComposer.isIdentifier).suffix(Self.mostReferences)
        let answered = (mail.replyTo.first ?? mail.from.first)?.address
        answersTo = isAutomatic ? nil : answered.flatMap { EmailBridge.isAddress($0) ? $0 : nil }
        self.elided = elided
        attachments = mail.attachments.prefix(Self.mostAttachments).map {
            (MailAttachment.shortened(MailPoster.oneLine($0.name ?? "", 300), 200), $0.type, $0.size)
        }
        self.isAutomatic = isAutomatic
    }

    /// - Returns: nil when the content is no mail's.
    init?(_ content: JSONValue?) {
        guard let mail = content?["mail"] else { return nil }
        name = mail["from"]?["name"]?.string ?? ""
        address = mail["from"]?["address"]?.string ?? ""
        proof = mail["from"]?["proof"]?.string.flatMap(SenderProof.init(rawValue:)) ?? .unproven
        subject = mail["subject"]?.string ?? ""
        identifier = mail["message_id"]?.string
        references = (mail["references"]?.array ?? []).compactMap(\.string)
        answersTo = mail["reply_to"]?.string
        isAutomatic = mail["automatic"] == .bool(true)
    }

    var content: JSONValue {
        var from: [String: JSONValue] = ["address": .string(address), "proof": .string(proof.rawValue)]
        if !name.isEmpty { from["name"] = .string(name) }
        var mail: [String: JSONValue] = ["from": .object(from), "subject": .string(subject)]
        if let identifier { mail["message_id"] = .string(identifier) }
        if !references.isEmpty { mail["references"] = .array(references.map { .string($0) }) }
        if let answersTo { mail["reply_to"] = .string(answersTo) }
        if !elided.isEmpty { mail["elided"] = .string(elided) }
        if isAutomatic { mail["automatic"] = .bool(true) }
        if !attachments.isEmpty {
            mail["attachments"] = .array(
                attachments.map {
                    ["name": .string($0.name), "type": .string($0.type), "size": .integer(Int64($0.size))]
                })
        }
        return ["mail": .object(mail)]
    }
}
