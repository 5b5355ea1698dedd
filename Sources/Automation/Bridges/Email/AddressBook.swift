import BridgeKit
import ChatModel
import Settings

/// Which address leads to which channel, and back.
struct AddressBook: Sendable {
    let domain: String
    private let channelsByLocalPart: [String: String]
    private let localPartsByChannel: [String: String]
    private let hasAnyChannel: Bool
    private let context: BridgeContext

    init(_ settings: Settings, _ context: BridgeContext) {
        domain = settings.string("domain").lowercased()
        let pairs = settings.stringMap("addresses").map { ($0.key.lowercased(), $0.value.lowercased()) }
        channelsByLocalPart = Dictionary(pairs) { first, _ in first }
        localPartsByChannel = Dictionary(pairs.map { ($0.1, $0.0) }) { first, _ in first }
        hasAnyChannel = settings.boolean("any_channel")
        self.context = context
    }

    /// The channel that an address leads to; nil when it is not ours, or there is none.
    func channel(for address: String) async throws -> Channel? {
        let address = address.lowercased()
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.count == 1 || parts[1] == domain else { return nil }
        let localPart = String(parts[0])
        if let name = channelsByLocalPart[localPart] {
            return try await context.chat.channel(named: name, in: context.app)
        }
        guard hasAnyChannel, let channel = try await context.chat.channel(named: localPart, in: context.app),
            channel.kind == .public
        else { return nil }
        return channel
    }

    /// The address that leads to a channel; nil when none does.
    func address(of channel: Channel) -> String? {
        if let localPart = localPartsByChannel[channel.name.lowercased()] { return "\(localPart)@\(domain)" }
        guard hasAnyChannel, channel.kind == .public else { return nil }
        let address = "\(channel.name.lowercased())@\(domain)"
        return EmailBridge.isAddress(address) ? address : nil
    }

    /// Whether mail to an address would come back to us.
    func isOwn(_ address: String) -> Bool {
        let parts = address.lowercased().split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[1] == domain
            && (hasAnyChannel || channelsByLocalPart[String(parts[0])] != nil)
    }
}
