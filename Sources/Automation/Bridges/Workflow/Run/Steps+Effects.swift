import BridgeKit
import ChatModel

extension CallStep {
    private static let longestBody = 1 << 20

    /// The request with everything filled in.
    func effect(in scope: TemplateScope) throws -> CallEffect {
        var call = CallEffect(method: method, url: try url.url(in: scope))
        call.timeout = timeout
        call.expected = expected
        for header in headers { call.headers[header.name] = try header.value.text(in: scope) }
        switch body {
        case .none: break
        case .json(let tree):
            call.contentType = "application/json"
            call.body = Array(try tree.value(in: scope).jsonText().utf8)
        case .form(let fields):
            call.contentType = "application/x-www-form-urlencoded"
            var pairs: [String] = []
            for field in fields {
                let value = PercentEncoding.encode(try field.value.text(in: scope))
                pairs.append("\(PercentEncoding.encode(field.name))=\(value)")
            }
            call.body = Array(pairs.joined(separator: "&").utf8)
        case .text(let template):
            call.contentType = "text/plain; charset=utf-8"
            call.body = Array(try template.text(in: scope).utf8)
        }
        guard call.body.count <= Self.longestBody else {
            throw StepFailure(.giveUp(reason: "the body has more than \(Self.longestBody >> 20) MiB"))
        }
        return call
    }
}

extension MailStep {
    /// The mail with everything filled in.
    func effect(in scope: TemplateScope) throws -> MailEffect {
        var recipients: [String] = []
        for template in to {
            // One template may hold a list of addresses.
            switch try template.value(in: scope) {
            case .array(let items): for item in items { recipients.append(try item.templateText()) }
            case .null: break
            case let value: recipients.append(try value.templateText())
            }
        }
        guard (1...WorkflowRun.mostRecipients).contains(recipients.count) else {
            throw StepFailure(
                .giveUp(reason: "a mail goes to 1 to \(WorkflowRun.mostRecipients) addresses, not \(recipients.count)"))
        }
        let replyTo = try self.replyTo?.text(in: scope)
        for address in recipients + (replyTo.map { [$0] } ?? []) where !EmailBridge.isAddress(address) {
            throw StepFailure(.giveUp(reason: "\"\(address.prefix(80))\" is no address such as name@example.org"))
        }
        return MailEffect(
            to: recipients, subject: try subject.text(in: scope), text: try text.text(in: scope), replyTo: replyTo)
    }
}
