import ChatModel
import Foundation

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

    enum CodingKeys: String, CodingKey {
        case op, id, token, cursor, epoch, events, text, content, nonce, kind, at, seq, users
        case channelID = "channel_id"
        case threadRootID = "thread_root_id"
        case authorID = "as"
        case number = "n"
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
        } catch let DecodingError.typeMismatch(_, context) {
            throw ClientFrameError(field: context.codingPath, detail: context.debugDescription)
        } catch let DecodingError.keyNotFound(key, context) {
            throw ClientFrameError(field: context.codingPath + [key], detail: "It is missing.")
        } catch let DecodingError.valueNotFound(_, context) {
            throw ClientFrameError(field: context.codingPath, detail: "It must not be null.")
        } catch let DecodingError.dataCorrupted(context) {
            throw ClientFrameError(field: context.codingPath, detail: context.debugDescription)
        } catch {
            throw ClientFrameError(field: [], detail: "The frame is not a JSON object.")
        }
    }
}

/// A frame that cannot be read.
struct ClientFrameError: Error {
    let pointer: String
    let detail: String
    /// The command's number, when at least that could be read.
    var id: String?

    init(field: [any CodingKey], detail: String) {
        pointer = field.map { "/" + ($0.intValue.map(String.init) ?? $0.stringValue) }.joined()
        self.detail = detail
    }
}
