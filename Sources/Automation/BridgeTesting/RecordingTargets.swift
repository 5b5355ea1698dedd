import BridgeKit
import ChatModel
import Foundation
import HTTPClient
import HTTPTypes
import MIME

/// Stands in for the world: writes down what would leave and answers as the fixture says.
struct RecordingTargets: BridgeTargets {
    let recorder: EffectRecorder
    let answers: TargetAnswers
    let kind: any Bridge.Type

    func http(_ configuration: HTTPClientConfiguration) -> any BridgeHTTPClient { Client(targets: self) }
    func mail(_ configuration: HTTPClientConfiguration) -> any BridgeMailClient { Client(targets: self) }

    private struct Client: BridgeHTTPClient, BridgeMailClient {
        let targets: RecordingTargets

        func send(_ request: HTTPClientRequest) async throws -> HTTPClientResponse { try targets.answer(request) }
        func sendMail(_ mail: SMTPDelivery) async throws -> SMTPReceipt { try targets.answer(mail) }
        func close() {}
    }

    private func answer(_ request: HTTPClientRequest) throws -> HTTPClientResponse {
        recorder.record(
            .http,
            [
                "method": .string(request.method.rawValue), "url": .string(request.url),
                "headers": recorder.headers(request.headers.fields.map { ($0.name, $0.value) }),
                "body": RecordedBody.value(request.body),
            ])
        let usual =
            (kind as? any UsualTarget.Type)?.usualAnswer(to: request)
            ?? HTTPClientResponse(status: 200, body: Array("{}".utf8))
        switch answers.next(to: "\(request.method.rawValue) \(request.url)") {
        case nil: return usual
        case .failure(let error)?: throw error
        case .response(let status, let headers, let body, _)?:
            let isGood = (200..<300).contains(status)
            let bytes = body ?? (isGood ? usual.body : [])
            guard bytes.count <= request.maximumResponseBytes else {
                throw HTTPClientError(.tooLarge, "the answer has \(bytes.count) bytes")
            }
            return HTTPClientResponse(status: status, headers: HTTPHeaders(headers), body: bytes)
        }
    }

    private func answer(_ mail: SMTPDelivery) throws -> SMTPReceipt {
        var content: [String: JSONValue] = [
            "sender": .string(mail.sender), "recipients": .array(mail.recipients.map { .string($0) }),
        ]
        if let read = try? MailParser.parse(mail.message) {
            content["subject"] = .string(read.subject)
            content["from"] = .array(read.from.map(Self.address))
            content["to"] = .array(read.to.map(Self.address))
            content["text"] = .string((read.text ?? "").replacing("\r\n", with: "\n"))
            content["message_id"] = read.messageID.map { .string($0) }
            if !read.inReplyTo.isEmpty { content["in_reply_to"] = .array(read.inReplyTo.map { .string($0) }) }
            content["headers"] = recorder.headers(read.headers)
        } else {
            content["text"] = RecordedBody.value(mail.message)
        }
        recorder.record(.mail, content)
        switch answers.next(to: "mail \(mail.server.host)") {
        case nil: return SMTPReceipt(replyCode: 250, replyText: "2.0.0 accepted")
        case .failure(let error)?: throw error
        case .response(let status, _, let body, let refused)?:
            let text = String(decoding: body ?? [], as: UTF8.self)
            guard status < 400, refused.count < mail.recipients.count else {
                let code = status < 400 ? 550 : status
                throw HTTPClientError(.smtp, text.isEmpty ? "the relay answered \(code)" : text, replyCode: code)
            }
            return SMTPReceipt(
                replyCode: 250, replyText: text,
                refused: refused.map { .init(recipient: $0, replyCode: 450, replyText: "4.2.1 later") })
        }
    }

    private static func address(_ address: MailAddress) -> JSONValue {
        .string(address.name.isEmpty ? address.address : "\(address.name) <\(address.address)>")
    }
}

/// The body of a request as people read it.
enum RecordedBody {
    private static let longest = 1 << 20

    /// JSON as a tree, lines of JSON as a list of trees, other text as it is, and of bytes their number.
    static func value(_ bytes: [UInt8]) -> JSONValue {
        guard !bytes.isEmpty else { return .null }
        guard bytes.count <= longest, let text = String(validating: bytes, as: UTF8.self) else {
            return .string("<\(bytes.count) bytes>")
        }
        let decoder = JSONDecoder()
        if let tree = try? decoder.decode(JSONValue.self, from: Data(bytes)) { return tree }
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        let trees = lines.compactMap { try? decoder.decode(JSONValue.self, from: Data($0)) }
        return trees.count == lines.count && lines.count > 1 ? .array(trees) : .string(text)
    }
}
