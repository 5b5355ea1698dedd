public import ChatModel
import Foundation

/// An event as a bridge gets it.
public struct BridgeEvent: Sendable {
    /// The tenant it belongs to.
    public let app: AppID
    /// What happened.
    public let event: Event
    /// The event as JSON, the same bytes at each try and at every door.
    public let json: [UInt8]
    /// Which try this is, from 1.
    public package(set) var attempt = 1

    /// Puts an event together; tests of a bridge do it themselves.
    ///
    /// - Parameter json: Nil to have it made of `event`.
    public init(app: AppID, event: Event, json: [UInt8]? = nil) throws {
        self.app = app
        self.event = event
        self.json = try json ?? Self.encode(event)
    }

    /// Reads the JSON form.
    package init(app: AppID, json: [UInt8]) throws {
        self.app = app
        self.json = json
        event = try JSONDecoder().decode(Event.self, from: Data(json))
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
