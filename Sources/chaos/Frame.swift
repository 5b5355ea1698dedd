import ChatModel
import Foundation

/// Any frame of the interfaces, and an event as polls, webhooks and programs carry it.
struct Frame: Decodable {
    struct Refusal: Decodable {
        var status: Int
        var code: String
    }

    private struct Subject: Decodable {
        var id: Int64?
        var message_id: Int64?
        var seq: Int64
        var text: String?
        var nonce: String?
        /// What has become of the message since: such an event says what holds now.
        var redacted: String? = nil

        private enum CodingKeys: String, CodingKey { case id, message_id, seq, text, nonce }

        /// - Parameter text: What the event said when it happened.
        func says(_ text: String?, of key: MessageKey?) -> Bool {
            switch redacted {
            case "deleted": (self.text ?? "").isEmpty
            case "edited": self.text == key?.changedText
            default: self.text == text
            }
        }
    }

    static let types = ["message.created", "message.updated", "message.deleted", "reaction.added"]

    var op: String?
    var id: String?
    var cursor: Cursor?
    /// What the event tells of a message; nil for the other kinds, of which nothing is checked.
    var sighting: Sighting?
    var message_id: Int64?
    var seq: Int64?
    var duplicate: Bool?
    var problem: Refusal?

    private enum CodingKeys: String, CodingKey {
        case op, id, cursor, type, channel_id, data, redacted, message_id, seq, duplicate, problem
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        op = try fields.decodeIfPresent(String.self, forKey: .op)
        id = try? fields.decodeIfPresent(String.self, forKey: .id)
        cursor = try fields.decodeIfPresent(Cursor.self, forKey: .cursor)
        message_id = try fields.decodeIfPresent(Int64.self, forKey: .message_id)
        seq = try fields.decodeIfPresent(Int64.self, forKey: .seq)
        duplicate = try fields.decodeIfPresent(Bool.self, forKey: .duplicate)
        problem = try fields.decodeIfPresent(Refusal.self, forKey: .problem)
        if let type = try fields.decodeIfPresent(String.self, forKey: .type), Self.types.contains(type) {
            var subject = try fields.decode(Subject.self, forKey: .data)
            subject.redacted = try fields.decodeIfPresent(String.self, forKey: .redacted)
            sighting = Self.sighting(type, subject, channel: try fields.decode(Int64.self, forKey: .channel_id))
        }
    }

    private static func sighting(_ type: String, _ subject: Subject, channel: Int64) -> Sighting {
        let place = Place(id: subject.id ?? subject.message_id ?? 0, seq: subject.seq, channel: channel)
        guard type != "reaction.added" else { return Sighting(kind: .reacted, place: place) }
        let key = subject.nonce.flatMap { MessageKey($0) }
        switch type {
        case "message.created":
            return Sighting(kind: .created, place: place, key: key, isGenuine: subject.says(key?.text, of: key))
        case "message.updated":
            return Sighting(kind: .updated, place: place, key: key, isGenuine: subject.says(key?.changedText, of: key))
        default:
            return Sighting(kind: .deleted, place: place, key: key, isGenuine: subject.text?.isEmpty ?? true)
        }
    }

    static func read(_ text: String) -> Frame? { try? JSONDecoder().decode(Frame.self, from: Data(text.utf8)) }
}
