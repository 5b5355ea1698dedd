import ChatModel
import Foundation
import HTTPRouting

/// What a client sends: one JSON object a frame, told apart by `op`.
struct ClientFrame: Decodable {
    var op: String
    /// The client's own number of the command; comes back with the answer.
    var id: String?
    var token: String?
    var cursor: String?
    var epoch: String?
    /// Whether `start` asks for events; nil is yes.
    var events: Bool?
    var channelID: ChannelID?
    var text: String?
    var content: JSONValue?
    var nonce: String?
    var threadRootID: MessageID?
    var kind: Message.Kind?
    var authorID: UserID?
    var at: String?
    var seq: Int64?
    var number: Int64?
    var users: [UserID]?
    var allowedMentions: AllowedMentions?

    enum CodingKeys: String, CodingKey {
        case op, id, token, cursor, epoch, events, text, content, nonce, kind, at, seq, users
        case channelID = "channel_id"
        case threadRootID = "thread_root_id"
        case authorID = "as"
        case number = "n"
        case allowedMentions = "allowed_mentions"
    }

    private struct Identity: Decodable {
        var id: String?
    }

    static func decode(_ text: String) throws(ClientFrameError) -> ClientFrame {
        do {
            return try read(text)
        } catch {
            var error = error
            error.id = (try? JSONDecoder().decode(Identity.self, from: Data(text.utf8)))?.id
            throw error
        }
    }

    private static func read(_ text: String) throws(ClientFrameError) -> ClientFrame {
        do {
            return try JSONDecoder().decode(ClientFrame.self, from: Data(text.utf8))
        } catch {
            let problem = JSONDiagnosis.problem(
                error, reading: ClientFrame.self, from: Array(text.utf8), whole: "The frame")
            throw ClientFrameError(pointer: problem.pointer ?? "", detail: problem.detail)
        }
    }
}

/// A frame that cannot be read.
struct ClientFrameError: Error {
    let pointer: String
    let detail: String
    /// The command's number, when at least that could be read.
    var id: String?

    init(pointer: String, detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}
