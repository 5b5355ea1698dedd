import BridgeKit
import ChatModel
import HTTPTypes

extension Step.Action {
    /// What it does outside, with everything filled in; nil when that is nothing.
    func effect(in scope: TemplateScope, now: () -> Int64) throws -> Effect? {
        switch self {
        case .post(let post): .post(try post.effect(in: scope))
        case .edit(let message, let text): .edit(try message.message(in: scope), text: try text.text(in: scope))
        case .react(let emoji, let message, let isOn):
            .react(try emoji.text(in: scope), try Self.message(message, in: scope), isOn: isOn)
        case .delete(let message): .delete(try message.message(in: scope))
        case .read(let message): .read(try Self.message(message, in: scope))
        case .call(let call): .call(try call.effect(in: scope))
        case .mail(let mail): .mail(try mail.effect(in: scope))
        case .set(let set): try set.effect(in: scope, now: now)
        case .get(let get):
            switch get.subject {
            case .key(let key): .look(key: try key.key(in: scope))
            case .under(let start): .list(under: try start.key(in: scope), limit: get.limit)
            }
        case .unset(let unset):
            switch unset.subject {
            case .key(let key): .change(key: try key.key(in: scope), .remove, expiry: nil)
            case .under(let start): .forget(under: try start.key(in: scope))
            }
        default: nil
        }
    }

    /// The message that a step names, or the event's.
    private static func message(_ template: Template?, in scope: TemplateScope) throws -> MessageID {
        if let template { return try template.message(in: scope) }
        guard let id = scope.message["id"]?.integer else {
            throw StepFailure(.giveUp(reason: "the event has no message; say which with `message`"))
        }
        return MessageID(id)
    }
}

extension Template {
    fileprivate func message(in scope: TemplateScope) throws -> MessageID {
        guard let id = try value(in: scope).wholeNumber else {
            throw StepFailure(.giveUp(reason: "expected the number of a message"))
        }
        return MessageID(id)
    }

    fileprivate func key(in scope: TemplateScope) throws -> String {
        let key = try text(in: scope)
        guard (1...WorkflowRun.longestKey).contains(key.utf8.count), !key.utf8.contains(0) else {
            throw StepFailure(.giveUp(reason: "a key has 1 to \(WorkflowRun.longestKey) bytes, and no NUL"))
        }
        return key
    }
}

extension PostStep {
    fileprivate func effect(in scope: TemplateScope) throws -> PostEffect {
        let place: PostEffect.Place
        if let channel = try channel?.value(in: scope) {
            place = try Self.place(channel)
        } else if let id = scope.event["channel_id"]?.integer {
            place = .channel(ChannelID(id))
        } else {
            throw StepFailure(.giveUp(reason: "the event has no channel; say which with `channel`"))
        }
        var root: MessageID?
        if isReply {
            guard let id = scope.message["thread_root_id"]?.integer ?? scope.message["id"]?.integer else {
                throw StepFailure(.giveUp(reason: "the event has no message to reply to"))
            }
            root = MessageID(id)
        } else if let thread, try thread.value(in: scope) != .null {
            root = try thread.message(in: scope)
        }
        let author = try self.author?.text(in: scope)
        return PostEffect(
            place: place, text: try text.text(in: scope), thread: root,
            author: author.flatMap { $0.isEmpty ? nil : $0 })
    }

    private static func place(_ value: JSONValue) throws -> PostEffect.Place {
        switch value {
        case .integer(let id): return .channel(ChannelID(id))
        case .string(let text) where !text.isEmpty: return .name(text.hasPrefix("#") ? String(text.dropFirst()) : text)
        default: throw StepFailure(.giveUp(reason: "`channel` is neither a name nor a number"))
        }
    }
}

extension SetStep {
    fileprivate func effect(in scope: TemplateScope, now: () -> Int64) throws -> Effect {
        let key = try key.key(in: scope)
        let expiry = timeToLive.map { now() + Int64($0 / .milliseconds(1)) }
        switch change {
        case .increment(let template):
            guard let amount = try template.value(in: scope).wholeNumber, abs(Double(amount)) <= 1e15 else {
                throw StepFailure(.giveUp(reason: "`increment` is no whole number, or too large"))
            }
            return .change(key: key, .add(amount), expiry: expiry)
        case .value(let tree):
            let value = try tree.value(in: scope)
            if value == .null { return .change(key: key, .remove, expiry: nil) }
            return .change(key: key, .set(try Self.stored(value)), expiry: expiry)
        case .initial(let tree):
            return .change(key: key, .create(try Self.stored(try tree.value(in: scope))), expiry: expiry)
        }
    }

    private static func stored(_ value: JSONValue) throws -> String {
        let text = try value.jsonText()
        guard text.utf8.count <= WorkflowRun.longestValue else {
            throw StepFailure(.giveUp(reason: "a value has at most \(WorkflowRun.longestValue >> 10) KiB"))
        }
        return text
    }
}

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
