import ChatModel
import Foundation
import MartletClient

/// A page of events as it came: each event is left in its bytes, which are the same at every interface.
struct EventSlices {
    /// What has to be known of an event to choose and to place it.
    struct Head: Decodable {
        var cursor: Cursor
        var type: EventType
        var channelID: ChannelID?
        var at: String

        enum CodingKeys: String, CodingKey {
            case cursor, type, at
            case channelID = "channel_id"
        }
    }

    private struct Rest: Decodable {
        var cursor: Cursor
        var epoch: String
    }

    let events: [ArraySlice<UInt8>]
    /// Where to go on.
    let cursor: Cursor
    let epoch: String

    /// Reads the answer of `GET /v1/events`.
    ///
    /// - Throws: ``MartletClientError`` when it is none.
    init(_ bytes: [UInt8]) throws {
        guard let rest = try? JSONDecoder().decode(Rest.self, from: Data(bytes)) else {
            throw MartletClientError(
                code: "bad_answer", status: 200, detail: "The server's answer is no page of events.")
        }
        cursor = rest.cursor
        epoch = rest.epoch
        events = Self.objects(in: bytes)
    }

    /// The objects in the arrays of the outermost object; `bytes` is known to be JSON.
    static func objects(in bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var objects: [ArraySlice<UInt8>] = []
        var depth = 0
        var start = 0
        var isInString = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if isInString {
                // What follows a backslash ends no string.
                if byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "\"") { isInString = false }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    if depth == 2 { start = index }
                    depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth == 2 { objects.append(bytes[start...index]) }
                default: break
                }
            }
            index += 1
        }
        return objects
    }
}
