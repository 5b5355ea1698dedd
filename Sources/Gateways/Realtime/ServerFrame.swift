import ChatModel
import ChatService
import ChatStore
import Foundation
import HTTPRouting
import HTTPTypes
import Telemetry

/// What the server sends besides events, written by hand: an acknowledgement is sent for every message.
enum ServerFrame {
    static func hello(epoch: String) -> String {
        let heartbeat = RealtimeGateway.heartbeat.components.seconds * 1000
        return "{\"op\":\"hello\",\"heartbeat_ms\":\(heartbeat),\"epoch\":\(json(epoch))}"
    }

    static func ready(_ user: User, cursor: Cursor, epoch: String) -> String {
        let user = (try? JSONEncoder().encode(user)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
        return "{\"op\":\"ready\",\"user\":\(user),\"cursor\":\"\(cursor)\",\"epoch\":\(json(epoch))}"
    }

    static func epoch(_ epoch: String) -> String { "{\"op\":\"epoch\",\"epoch\":\(json(epoch))}" }

    static func reload(_ reason: String) -> String { "{\"op\":\"reload\",\"reason\":\(json(reason))}" }

    static func sent(id: String?, _ place: StoredPlace) -> String {
        "{\"op\":\"sent\",\"id\":\(id.map(json) ?? "null"),\"message_id\":\(place.id),\"seq\":\(place.seq),"
            + "\"duplicate\":\(place.isRepeat)}"
    }

    static func error(id: String?, _ problem: Problem) -> String {
        let body =
            if case .bytes(let bytes) = problem.response(requestID: nil).body {
                String(decoding: bytes, as: UTF8.self)
            } else {
                "null"
            }
        return "{\"op\":\"error\",\"id\":\(id.map(json) ?? "null"),\"problem\":\(body)}"
    }

    static func read(id: String?, channel: ChannelID, _ position: Membership) -> String {
        "{\"op\":\"read\",\"id\":\(id.map(json) ?? "null"),\"channel_id\":\(channel),\"read_seq\":\(position.readSeq),"
            + "\"unread_count\":\(position.unreadCount),\"mention_count\":\(position.mentionCount)}"
    }

    static func pong(_ number: Int64?) -> String { "{\"op\":\"pong\",\"n\":\(number.map(String.init) ?? "null")}" }

    static func typing(channel: ChannelID, user: UserID) -> String {
        "{\"op\":\"typing\",\"channel_id\":\(channel),\"user_id\":\(user)}"
    }

    static func presence(user: UserID, isOnline: Bool) -> String {
        "{\"op\":\"presence\",\"user_id\":\(user),\"status\":\"\(isOnline ? "online" : "offline")\"}"
    }

    static func receipts(_ receipts: [MemberReceipt]) -> String {
        let list = receipts.map { member in
            let receipt = member.receipt
            return "{\"user_id\":\(member.user),\"delivered_seq\":\(receipt.deliveredSeq)"
                + (receipt.deliveredAt.map { ",\"delivered_at\":\"\($0)\"" } ?? "")
                + ",\"read_seq\":\(receipt.readSeq)" + (receipt.readAt.map { ",\"read_at\":\"\($0)\"" } ?? "") + "}"
        }
        return "{\"op\":\"receipts\",\"channel_id\":\(receipts.first?.channel ?? ChannelID(0)),"
            + "\"receipts\":[\(list.joined(separator: ","))]}"
    }

    static func presences(id: String?, _ users: [(UserID, Bool)]) -> String {
        let list = users.map { "{\"user_id\":\($0),\"status\":\"\($1 ? "online" : "offline")\"}" }
        return "{\"op\":\"presences\",\"id\":\(id.map(json) ?? "null"),\"users\":[\(list.joined(separator: ","))]}"
    }

    private static func json(_ text: String) -> String {
        var json = ""
        json.appendJSON(text)
        return json
    }
}
