import ChatModel
package import ChatService
import ChatStore
package import HTTPRouting
import HTTPTypes
import SlackText
package import Telemetry

/// Takes what other programs post to a hook's secret address, in the shape of Slack's incoming webhooks.
///
/// Answers `ok` or a token in plain text, as Slack does; who asks for JSON gets the message, or a problem document.
package struct Webhooks: Sendable {
    /// Mentions that are looked up for one message; further ones show their ids.
    private static let maximumLookups = 20
    /// Tells how many automations the sender's cause has come through.
    private static let hopsHeader = "Martlet-Hops"

    private let service: ChatService
    private let metrics: WebhookMetrics
    private let logger: Logger

    package init(service: ChatService, metrics: Metrics, logger: Logger) {
        self.service = service
        self.metrics = WebhookMetrics(metrics)
        self.logger = logger.named("hooks")
    }

    /// Open routes: the secret in the path is what lets a sender in.
    package var routes: [Route<Principal>] {
        [
            route("/hooks/{secret}", "Post to an incoming webhook", [Self.secret]),
            route(
                "/hooks/{secret}/slack", "Post to an incoming webhook, for senders that append /slack", [Self.secret]),
            route(
                "/services/{team}/{hook}/{secret}", "Post to an incoming webhook at a path like Slack's",
                [.string("team", "Not looked at."), .string("hook", "Not looked at."), Self.secret]),
        ]
    }

    private static let secret = Parameter.string("secret", "The hook's secret.")

    private func route(_ template: String, _ summary: String, _ path: [Parameter]) -> Route<Principal> {
        .raw(
            .post, template, summary, tag: "hooks", access: .open, path: path,
            query: [
                .boolean("wait", "Answer with the message as JSON."),
                .integer("thread_id", "The message whose thread it joins; wins over the payload."),
            ], accepts: ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
            produces: "text/plain", alternatives: ["application/json"], refusal: "text/plain"
        ) { context in await answer(context) }
    }

    // MARK: Answers

    private func answer(_ context: Route<Principal>.Context) async -> HTTPResponse {
        var isJSON = AcceptHeader.prefersJSON(context.request.headers["Accept"])
        do {
            if try context.query("wait", Bool.self) ?? false { isJSON = true }
            let (message, isRepeat) = try await post(context)
            (isRepeat ? metrics.repeated : metrics.sent).add()
            return isJSON ? try .json(message) : HTTPResponse(text: "ok")
        } catch {
            let refusal = refusal(error, context)
            metrics.count(refusal)
            return isJSON ? refusal.problem.response(requestID: context.requestID) : refusal.plainResponse
        }
    }

    private func refusal(_ error: any Error, _ context: Route<Principal>.Context) -> WebhookRefusal {
        switch error {
        case let refusal as WebhookRefusal: return refusal
        case let error as ChatError: return WebhookRefusal(error)
        case let problem as Problem: return WebhookRefusal(problem)
        case let error as any ProblemConvertible where error.problem.status != 500:
            return WebhookRefusal(error.problem)
        default:
            context.logger.error("hook.failed", ["error": .error(error)])
            return WebhookRefusal(500, "rollup_error", "Something went wrong on the server; try again.")
        }
    }

    // MARK: Posting

    private func post(_ context: Route<Principal>.Context) async throws -> (message: Message, isRepeat: Bool) {
        let secret = context.string("secret")
        // Looked up first: a hook that is there is not shut out by guesses from the same address.
        guard secret.hasPrefix(ChatService.hookSecretPrefix),
            let (hook, principal) = try await service.hook(secret: secret)
        else {
            try service.countHookFailure(context.request.remoteAddress)
            throw WebhookRefusal.noService
        }
        try service.countHookPost(hook.id)
        let payload = try WebhookPayload(json: WebhookBody.json(context.request))
        let text = try await readableText(payload, principal)
        let channel =
            if let name = payload.channel {
                try await service.hookChannel(named: name, of: hook)
            } else {
                hook.channelID
            }
        let thread = try context.query("thread_id", Int64.self).map { MessageID($0) } ?? payload.thread
        let answer = try await service.send(
            MessageDraft(
                channelID: channel, text: text, content: payload.content, threadRootID: thread,
                nonce: try nonce(context), authorName: payload.username, hops: hops(context.request)),
            as: principal)
        logger.debug("hook.sent", ["hook": .int(Int(hook.id)), "isRepeat": .bool(answer.isRepeat)])
        return answer
    }

    /// What the payload says, in Markdown.
    private func readableText(_ payload: WebhookPayload, _ principal: Principal) async throws -> String {
        var markup = SlackMarkup(hasFormatting: payload.isMarkup)
        let mentioned = MentionCollector()
        markup.resolve = { reference in
            mentioned.references.insert(reference)
            return nil
        }
        var text = FallbackText.make(payload, markup: markup)
        let names = await names(mentioned.references, principal)
        if !names.isEmpty {
            markup.resolve = { names[$0] }
            text = FallbackText.make(payload, markup: markup)
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw WebhookRefusal(400, "no_text", "The payload has no text, no attachments and no blocks to read.")
        }
        return text
    }

    /// Our own ids are numbers; a letter of Slack's before them is allowed.
    private func names(
        _ references: Set<SlackMarkup.Reference>, _ principal: Principal
    ) async -> [SlackMarkup.Reference: String] {
        var names: [SlackMarkup.Reference: String] = [:]
        for reference in references.prefix(Self.maximumLookups) {
            switch reference {
            case .user(let id):
                guard let number = Self.number(id, after: "UW") else { continue }
                names[reference] = try? await service.user(UserID(number), for: principal).handle
            case .channel(let id):
                guard let number = Self.number(id, after: "C") else { continue }
                names[reference] = try? await service.channel(ChannelID(number), for: principal).name
            }
        }
        return names
    }

    private static func number(_ id: String, after letters: String) -> Int64? {
        Int64(id.first.map { letters.contains($0) } == true ? id.dropFirst() : id[...])
    }

    /// What a sender repeats at each try: ours, or that of Standard Webhooks.
    private func nonce(_ context: Route<Principal>.Context) throws -> String? {
        if let key = context.idempotencyKey { return key }
        guard let id = context.request.headers["webhook-id"] else { return nil }
        guard (1...ChatLimits.nonce).contains(id.utf8.count) else {
            throw WebhookRefusal(400, "invalid_webhook_id", "`webhook-id` has 1 to \(ChatLimits.nonce) characters.")
        }
        return id
    }

    /// A hook is one automation more.
    private func hops(_ request: HTTPRequest) -> Int {
        let given = request.headers[Self.hopsHeader].flatMap { Int($0) } ?? 0
        return min(max(given, 0), 1000) + 1
    }
}

/// What is mentioned by its id, found while a text is made.
private final class MentionCollector {
    var references: Set<SlackMarkup.Reference> = []
}
