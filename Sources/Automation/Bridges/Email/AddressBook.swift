import BridgeKit
import ChatModel
import Settings

/// Which address leads to which channel, and back.
struct AddressBook: Sendable {
    /// Where a mail to one of the addresses goes.
    struct Target: Sendable {
        let channel: Channel
        /// The message that the mail answers, by the address alone.
        var answered: MessageID?
        /// The message whose mail came back.
        var bounced: MessageID?
    }

    let domain: String
    private let channelsByLocalPart: [String: String]
    private let localPartsByChannel: [String: String]
    private let hasAnyChannel: Bool
    private let hasReplyAddresses: Bool
    private let context: BridgeContext
    private let key: MailKey
    private let known = KnownChannels()

    init(_ settings: Settings, _ context: BridgeContext, _ key: MailKey) {
        domain = settings.string("domain").lowercased()
        let pairs = settings.stringMap("addresses").map { ($0.key.lowercased(), $0.value.lowercased()) }
        channelsByLocalPart = Dictionary(pairs) { first, _ in first }
        localPartsByChannel = Dictionary(pairs.map { ($0.1, $0.0) }) { first, _ in first }
        hasAnyChannel = settings.boolean("any_channel")
        hasReplyAddresses = settings.boolean("reply_addresses")
        self.context = context
        self.key = key
    }

    // MARK: Inwards

    /// Where mail to an address goes; nil when the address is not ours, or there is no such channel.
    func target(of address: String) async throws -> Target? {
        guard let (localPart, detail) = parts(of: address) else { return nil }
        if let channel = try await channel(ofLocalPart: localPart + (detail.map { "+\($0)" } ?? "")) {
            return Target(channel: channel)
        }
        guard let detail, let channel = try await channel(ofLocalPart: localPart) else { return nil }
        var target = Target(channel: channel)
        // Any other word behind the plus sign is the sender's own business.
        if let message = try await signed(detail, "r", .reply) { target.answered = message }
        if let message = try await signed(detail, "b", .bounce) { target.bounced = message }
        return target
    }

    private func channel(ofLocalPart localPart: String) async throws -> Channel? {
        let now = context.now()
        if let channel = known.channel(localPart, now) { return channel }
        let channel = try await lookUp(localPart)
        if let channel { known.note(channel, for: localPart, now) }
        return channel
    }

    private func lookUp(_ localPart: String) async throws -> Channel? {
        if let name = channelsByLocalPart[localPart] {
            return try await context.chat.channel(named: name, in: context.app)
        }
        guard hasAnyChannel, let channel = try await context.chat.channel(named: localPart, in: context.app),
            channel.kind == .public
        else { return nil }
        return channel
    }

    /// The local part without what follows a plus sign, and that.
    private func parts(of address: String) -> (localPart: String, detail: String?)? {
        let parts = address.lowercased().split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.count == 1 || parts[1] == domain, let local = parts.first, !local.isEmpty else {
            return nil
        }
        guard let plus = local.firstIndex(of: "+"), plus > local.startIndex else { return (String(local), nil) }
        return (String(local[..<plus]), String(local[local.index(after: plus)...]))
    }

    private func signed(_ detail: String, _ letter: String, _ purpose: MailSigner.Purpose) async throws -> MessageID? {
        let parts = detail.split(separator: "-")
        guard parts.count == 3, parts[0] == letter, let number = Int64(parts[1]) else { return nil }
        let message = MessageID(number)
        return try await key().isSigned(parts[2], purpose, message) ? message : nil
    }

    // MARK: Outwards

    /// The address that leads to a channel; nil when none does.
    func address(of channel: Channel) -> String? {
        if let localPart = localPartsByChannel[channel.name.lowercased()] { return "\(localPart)@\(domain)" }
        guard hasAnyChannel, channel.kind == .public else { return nil }
        let address = "\(channel.name.lowercased())@\(domain)"
        return EmailBridge.isAddress(address) ? address : nil
    }

    /// The address by which an answer finds its thread whatever the mail program does to the mail's head.
    func replyAddress(_ address: String, to message: MessageID) async throws -> String {
        try await detailed(address, "r-\(message)-\(key().sign(.reply, message))")
    }

    /// Where a mail comes back to that cannot be delivered.
    func bounceAddress(_ address: String, of message: MessageID) async throws -> String {
        try await detailed(address, "b-\(message)-\(key().sign(.bounce, message))")
    }

    private func detailed(_ address: String, _ detail: String) -> String {
        let parts = address.split(separator: "@")
        // RFC 5321, section 4.5.3.1.1: a local part has at most 64 bytes.
        guard hasReplyAddresses, parts.count == 2, parts[0].utf8.count + detail.utf8.count < 64 else { return address }
        return "\(parts[0])+\(detail)@\(parts[1])"
    }

    /// Whether mail to an address would come back to us.
    func isOwn(_ address: String) -> Bool {
        guard address.contains("@"), let (localPart, _) = parts(of: address) else { return false }
        return hasAnyChannel || channelsByLocalPart[localPart] != nil
    }
}
