import ChatModel
import HTTPTypes
import SlackText

@testable import Bridges
@testable import Webhooks

extension FuzzTarget {
    /// What other programs send to hooks and on pipes.
    static let webhookTargets: [FuzzTarget] = [
        FuzzTarget("slack-markup") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let markdown = SlackMarkup(resolve: { _ in "name" }).markdown(text)
            precondition(
                markdown.utf8.count <= 8 * text.utf8.count + 64, "\(markdown.utf8.count) bytes of \(text.utf8.count)")
            _ = SlackMarkup(hasFormatting: false).markdown(text)
        },
        FuzzTarget("webhook-payload", maximumBytes: 8192) { bytes in
            do throws(WebhookRefusal) {
                let payload = try WebhookPayload(json: bytes)
                let text = FallbackText.make(payload, markup: SlackMarkup())
                precondition(text.unicodeScalars.count <= 16_000)
            } catch {
                checkWords(error.detail)
            }
        },
        // The first line is the content type, the rest the body.
        FuzzTarget("webhook-body", maximumBytes: 8192) { bytes in
            let type = bytes.prefix { $0 != 0x0A }
            let body = Array(bytes.dropFirst(type.count + 1))
            let request = HTTPRequest(
                method: .post, path: "/", headers: ["Content-Type": String(decoding: type, as: UTF8.self)], body: body)
            do throws(WebhookRefusal) {
                let json = try WebhookBody.json(request)
                precondition(json.count <= body.count, "a body has grown")
            } catch {
                checkWords(error.detail)
            }
        },
        FuzzTarget("program-line") { bytes in
            do throws(ProgramMessage.Malformed) {
                _ = try ProgramMessage(bytes)
            } catch {
                checkWords(error.reason)
            }
        },
    ]
}
