public import ChatModel

/// A channel that a command names: `#general`.
public struct ChannelRef: Sendable, Hashable, Codable {
    /// Numbers the channel.
    public var id: ChannelID
    /// The channel's name, without `#`.
    public var name: String

    /// Makes a value; nothing is looked up.
    public init(id: ChannelID, name: String) {
        self.id = id
        self.name = name
    }
}

extension ChannelRef: ArgumentValue {
    /// `#channel`.
    public static var typeName: String { "#channel" }

    /// Finds the channel on the server, with or without `#`.
    public static func resolve(_ text: String, in directory: any Directory) async throws -> ChannelRef {
        let name = text.first == "#" ? String(text.dropFirst()) : text
        guard !name.isEmpty, name.utf8.count <= 256, let channel = try await directory.channel(name: name) else {
            throw ArgumentError("no such channel", found: text)
        }
        return channel
    }
}
