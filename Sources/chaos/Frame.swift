import ChatModel
import Foundation

/// Any frame of the doors, and an event as polls and webhooks carry it.
struct Frame: Decodable {
    struct Subject: Decodable {
        var id: Int64
        var channel_id: Int64
        var seq: Int64
        var text: String
    }

    struct Refusal: Decodable {
        var status: Int
        var code: String
    }

    var op: String?
    var id: String?
    var cursor: Cursor?
    var type: String?
    var data: Subject?
    var message_id: Int64?
    var seq: Int64?
    var duplicate: Bool?
    var problem: Refusal?
    var code: String?
    var reason: String?

    private enum CodingKeys: String, CodingKey {
        case op, id, cursor, type, data, message_id, seq, duplicate, problem, code, reason
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        op = try fields.decodeIfPresent(String.self, forKey: .op)
        id = try? fields.decodeIfPresent(String.self, forKey: .id)
        cursor = try fields.decodeIfPresent(Cursor.self, forKey: .cursor)
        type = try fields.decodeIfPresent(String.self, forKey: .type)
        // Other events carry other data, which nothing is checked of.
        if type == "message.created" { data = try fields.decode(Subject.self, forKey: .data) }
        message_id = try fields.decodeIfPresent(Int64.self, forKey: .message_id)
        seq = try fields.decodeIfPresent(Int64.self, forKey: .seq)
        duplicate = try fields.decodeIfPresent(Bool.self, forKey: .duplicate)
        problem = try fields.decodeIfPresent(Refusal.self, forKey: .problem)
        code = try fields.decodeIfPresent(String.self, forKey: .code)
        reason = try fields.decodeIfPresent(String.self, forKey: .reason)
    }

    static func read(_ text: String) -> Frame? { try? JSONDecoder().decode(Frame.self, from: Data(text.utf8)) }
}
