import BridgeKit
import ChatModel
import Crypto
import HTTPClient
import MIME
import Settings

/// Hands the mails of `mail` to the relay.
struct WorkflowMailer: Sendable {
    /// Tries end long before.
    private static let timeToLive: Int64 = 7 * 86_400_000

    private let server: SMTPDelivery.Server
    private let from: String
    private let domain: String
    private let client: any BridgeMailClient
    private let store: any BridgeStore
    private let now: @Sendable () -> Int64

    init(_ relay: Settings, _ context: BridgeContext) {
        from = relay.string("from")
        domain = from.split(separator: "@").last.map(String.init) ?? "localhost"
        server = MailRelay.server(relay, helloName: domain)
        client = context.targets.mail()
        store = context.store
        now = context.now
    }

    func close() { client.close() }

    /// - Throws: ``BridgeError``.
    func send(_ mail: MailEffect, as name: EffectName) async throws -> JSONValue {
        // Whoever has got it at an earlier try, or has refused it for good, is not asked again.
        let settledKey = "\(name.mark)!settled"
        let settled = JSONValue(json: Array((try await store.value(settledKey) ?? "").utf8))
        let reached = (settled?["reached"]?.array ?? []).compactMap(\.string)
        let refused = (settled?["refused"]?.array ?? []).compactMap(\.string)
        var seen = Set(reached + refused)
        let recipients = mail.to.filter { seen.insert($0).inserted }
        let digest = Hex.encode(Array(Digest.sha256(Array(name.token.utf8)).prefix(16)))
        let identifier = "w.\(digest).\(name.run.bridge)@\(domain)"
        guard !recipients.isEmpty else { return Self.answer(identifier, refused) }
        let receipt: SMTPReceipt
        do {
            receipt = try await client.sendMail(
                SMTPDelivery(
                    server: server, sender: from, recipients: recipients,
                    message: try compose(mail, identifier).compose()))
        } catch let error as MailError {
            throw BridgeError.giveUp(reason: "the mail cannot be written: \(error)")
        } catch let error as HTTPClientError {
            throw MailRelay.failure(error)
        }
        let forGood = refused + receipt.refused.filter { !$0.isRetriable }.map(\.recipient)
        if let later = receipt.refused.first(where: \.isRetriable) {
            let missing = Set(receipt.refused.map(\.recipient))
            let done = reached + recipients.filter { !missing.contains($0) }
            let value: JSONValue = [
                "reached": .array(done.map { .string($0) }), "refused": .array(forGood.map { .string($0) }),
            ]
            try await store.set(try value.jsonText(), for: settledKey, until: now() + Self.timeToLive)
            throw BridgeError.retry(reason: "the relay refused a recipient for now: \(later.replyCode)")
        }
        return Self.answer(identifier, forGood)
    }

    private static func answer(_ identifier: String, _ refused: [String]) -> JSONValue {
        ["message_id": .string(identifier), "refused": .array(refused.map { .string($0) })]
    }

    private func compose(_ mail: MailEffect, _ identifier: String) -> MailComposer {
        var composer = MailComposer(
            from: MailAddress(name: "", address: from), to: mail.to.map { MailAddress(name: "", address: $0) },
            subject: mail.subject, text: mail.text, date: now(), messageID: identifier)
        if let replyTo = mail.replyTo { composer.replyTo = [MailAddress(name: "", address: replyTo)] }
        // RFC 3834: no program should answer what a program has written.
        composer.headers = [
            ("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"), ("Precedence", "bulk"),
        ]
        return composer
    }
}
