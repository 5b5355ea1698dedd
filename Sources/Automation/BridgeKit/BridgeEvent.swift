public import ChatModel
import Foundation

/// An event as a bridge gets it.
public struct BridgeEvent: Sendable {
    /// The tenant it belongs to.
    public let app: AppID
    /// Which try this is, from 1.
    public package(set) var attempt = 1
    private let content: BridgeEventContent

    /// What happened; read from its JSON when it is first asked for.
    public var event: Event { content.event }
    /// The event as JSON, the same bytes at each try and at every interface.
    public var json: [UInt8] { content.json }
    /// Its place in the log.
    public var cursor: Cursor { content.head.cursor }
    /// What happened: `message.created`.
    public var type: EventType { content.head.type }
    /// Where it happened, when it belongs to a channel.
    public var channelID: ChannelID? { content.head.channelID }

    /// Puts an event together; tests of a bridge do it themselves.
    ///
    /// - Parameter json: Nil to have it made of `event`.
    public init(app: AppID, event: Event, json: [UInt8]? = nil) throws {
        self.app = app
        content = BridgeEventContent(event: event, json: try json ?? Self.encode(event))
    }

    /// Reads the JSON form.
    package init(app: AppID, json: [UInt8]) throws {
        self.app = app
        content = BridgeEventContent(event: try JSONDecoder().decode(Event.self, from: Data(json)), json: json)
    }

    /// Takes an event whose data is still text: most bridges never look into it.
    ///
    /// - Parameters:
    ///   - head: The event without its data.
    ///   - data: The data as valid JSON.
    ///   - encode: Makes the whole as JSON.
    package init(app: AppID, head: Event, data: String, encode: @escaping @Sendable () -> [UInt8]) {
        self.app = app
        content = BridgeEventContent(head: head, data: data, encode: encode)
    }

    /// The message that an event of the kind `message.…` tells of.
    ///
    /// - Throws: `DecodingError` when the event is of another kind.
    public func message() throws -> Message {
        struct Content: Decodable { let data: Message }
        return try JSONDecoder().decode(Content.self, from: Data(json)).data
    }

    private static func encode(_ event: Event) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(event))
    }
}
