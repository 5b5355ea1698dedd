import ChatModel
import Foundation

/// A line that a program writes.
enum ProgramMessage {
    case ready
    case ack(id: String)
    case nack(id: String, retry: Duration?, reason: String)
    case drop(id: String, reason: String)
    case log(level: String, message: String)
    case post(Post)

    struct Post {
        var reference: JSONValue
        /// A channel's name or number.
        var channel: JSONValue
        var text: String
        var threadRoot: MessageID?
        var nonce: String
        /// The event that it answers.
        var event: String?
    }

    /// Reads a line.
    ///
    /// - Throws: ``Malformed`` with what is wrong.
    init(_ line: [UInt8]) throws(Malformed) {
        guard let json = try? JSONDecoder().decode(JSONValue.self, from: Data(line)), json.object != nil else {
            throw Malformed(reason: "a line that is no JSON object")
        }
        func text(_ key: String) throws(Malformed) -> String {
            guard let text = json[key]?.string else { throw Malformed(reason: "a line without the text \"\(key)\"") }
            return text
        }
        switch json["op"]?.string {
        case "ready": self = .ready
        case "ack": self = .ack(id: try text("id"))
        case "nack":
            let wait = json["retry_ms"]?.number.map { Duration.milliseconds(Int64(max(0, min($0, 86_400_000)))) }
            self = .nack(
                id: try text("id"), retry: wait, reason: json["reason"]?.string ?? "the program wants it again")
        case "drop":
            self = .drop(id: try text("id"), reason: json["reason"]?.string ?? "the program does not want it")
        case "log": self = .log(level: json["level"]?.string ?? "info", message: try text("message"))
        case "post":
            self = .post(
                Post(
                    reference: json["ref"] ?? .null, channel: json["channel"] ?? .null, text: try text("text"),
                    threadRoot: json["thread_root_id"]?.integer.map { MessageID($0) }, nonce: try text("nonce"),
                    event: json["id"]?.string))
        case let other: throw Malformed(reason: "a line with the unknown op \"\((other ?? "").prefix(40))\"")
        }
    }

    struct Malformed: Error {
        let reason: String
    }

    /// A line for a program.
    static func line(_ fields: [String: JSONValue]) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Only numbers that are no numbers cannot be encoded.
        let data = (try? encoder.encode(JSONValue.object(fields))) ?? Data("{}".utf8)
        return Array(data) + [UInt8(ascii: "\n")]
    }

    /// The line of an event, with the event's own bytes.
    static func event(id: String, app: AppID, attempt: Int, json: [UInt8]) -> [UInt8] {
        var line = Array(#"{"op":"event","id":"\#(id)","app":\#(app),"try":\#(attempt),"event":"#.utf8)
        // Between tokens a line end means nothing, and within them JSON has none.
        line += json.map { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? UInt8(ascii: " ") : $0 }
        line += Array("}\n".utf8)
        return line
    }
}
