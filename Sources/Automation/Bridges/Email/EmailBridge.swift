package import BridgeKit
import ChatModel
import EventLoop
import HTTPClient
import MIME
package import Settings

/// Carries mail into channels and what people say there out as mail.
///
/// Inwards it listens for SMTP or LMTP; a mail is on disk before it is acknowledged, and the same mail twice is one
/// message. Outwards it hands each message to a relay under an identifier that is the same at each try. Answers find
/// their thread in both directions.
package struct EmailBridge: Bridge, MailTaker {
    package static let kind = "email"
    package static let summary = "Carries mail into channels, and what people say there out as mail."
    package static let settings = SettingsSpec {
        SettingKey(
            "domain", .string, "The domain of the bridge's addresses and message identifiers.",
            example: "chat.example.org", required: true,
            validation: { isDomain($0.string ?? "") ? nil : "expected a domain such as chat.example.org" })
        SettingKey(
            "addresses", .map(.string), "Which channel an address leads to, by the part before the @.",
            default: [:], example: ["support": "support"])
        SettingKey(
            "any_channel", .boolean, "Whether every public channel has an address: its own name.", default: false)
        SettingKey(
            "listen", .string, "Where mail is taken: host:port or unix:/path; nowhere when left out.",
            example: "127.0.0.1:2525",
            validation: { SocketAddress($0.string ?? "") == nil ? "expected host:port or unix:/path" : nil })
        SettingKey("protocol", .enumeration(["smtp", "lmtp"]), "What is spoken there.", default: "smtp")
        SettingKey(
            "authserv_id", .string,
            "The mail server in front whose Authentication-Results are believed, by its name in them; no sender is proven when left out.",
            example: "mx.example.org")
        SettingKey(
            "reply_addresses", .boolean,
            "Whether answers and returned mail come to addresses such as support+r-…; the mail server in front has to pass them on.",
            default: true)
        SettingKey("max_size", .byteSize, "The largest mail that is taken.", default: "25MiB")
        SettingKey("connections", .integer(1...10_000), "Connections at once that may bring mail.", default: 200)
        SettingKey(
            "connections_per_address", .integer(0...10_000), "Of these from one address; 0 means half of them.",
            default: 0)
        SettingKey(
            "smtp",
            .section(MailRelay.spec(sender: "The sender of all mail; the channel's own address when left out.")),
            "The relay that mail leaves through; none leaves when left out.")
        SettingKey(
            "recipients_per_mail", .integer(1...1000), "Recipients that the relay is given at once.", default: 50)
        SettingKey(
            "to", .list(.string), "Addresses that get every message of the channels.", default: [],
            example: ["team@example.org"],
            validation: { $0.items.allSatisfy { isAddress($0.string ?? "") } ? nil : MailRelay.addressRule })
        SettingKey(
            "members", .boolean, "Whether the members of a channel who have an address get its messages.",
            default: false)
        SettingKey(
            "answer_senders", .boolean,
            "Whether what people say in a thread that a mail began goes to the sender of that mail.", default: false)
    }
    package static let traits = BridgeTraits(
        events: [.messageCreated], writesBack: true, concurrency: 4, role: .listener)

    package static func problems(in settings: Settings) -> [SettingsProblem] {
        var problems = settings.optionalSection("smtp").map { MailRelay.problems(in: $0) } ?? []
        var seen: Set<String> = []
        for (part, channel) in settings.stringMap("addresses") {
            let path = "addresses.\(part)"
            if part.contains("@") || !isAddress("\(part)@example.org") {
                problems.append(
                    settings.problem(atKey: path, "expected the part of an address before the @, such as support"))
            } else if !seen.insert(part.lowercased()).inserted {
                problems.append(settings.problem(atKey: path, "this address leads to two channels; expected one"))
            }
            if channel.isEmpty || channel.hasPrefix("#") || channel.contains(where: \.isWhitespace) {
                problems.append(settings.problem(at: path, "expected the name of a channel, without #"))
            }
        }
        if settings.optionalSection("smtp") == nil {
            for key in ["members", "answer_senders"] where settings.boolean(key) {
                problems.append(settings.problem(at: key, "not used without `smtp`: no mail leaves").asWarning)
            }
        }
        return problems
    }

    private let book: AddressBook
    private let poster: MailPoster
    private let endpoint: MailEndpoint?
    private let sender: MailSender?

    package init(settings: Settings, context: BridgeContext) throws {
        let problems = Self.problems(in: settings).errors
        guard problems.isEmpty else { throw BridgeSettingsError(problems) }
        let key = MailKey(context)
        let book = AddressBook(settings, context, key)
        let threads = MailThreads(context: context, domain: book.domain, key: key)
        let undelivered = UndeliveredMail(context: context, marks: MailMarks(context))
        let poster = MailPoster(
            context: context, book: book, threads: threads, undelivered: undelivered,
            authenticator: settings.optionalString("authserv_id"))
        self.book = book
        self.poster = poster
        let address = context.isTest ? nil : settings.optionalString("listen").flatMap { SocketAddress($0) }
        endpoint = address.map { address in
            MailEndpoint(address: address, settings: settings, book: book, poster: poster, context: context)
        }
        sender = settings.optionalSection("smtp").map { relay in
            MailSender(
                settings: settings, relay: relay, context: context, book: book, threads: threads,
                undelivered: undelivered)
        }
    }

    package func start() async throws { try await endpoint?.open() }

    package func handle(_ event: BridgeEvent) async throws { try await sender?.send(event) }

    package func take(_ mail: [UInt8], for recipient: String) async throws {
        do {
            let message = try MailParser.parse(mail)
            guard try await book.target(of: recipient) != nil else {
                throw BridgeError.giveUp(reason: "no such address here: \(recipient)")
            }
            try await poster.post(message, sender: nil, to: recipient)
        } catch let error as MailError {
            throw BridgeError.giveUp(reason: error.description)
        }
    }

    package func stop() async {
        await endpoint?.close()
        sender?.close()
    }

    private static func isDomain(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count) && text.first != "." && text.last != "."
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E
            }
    }

    static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && isDomain(String(parts[1])) && text.utf8.count <= 254
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"<>,;:()\\\"[]".utf8.contains($0) }
    }
}
