package import HTTPTypes

/// One operation of the HTTP API, declared with its types: what runs and what the documentation says are one thing.
///
/// A template's `{name}` takes one segment of the path, `{name*}` at its end takes all that are left. A parameter of
/// the path is documented as an id, a number from 1, unless `path` says otherwise.
package struct Route<Principal: Sendable>: Sendable {
    package typealias Context = RequestContext<Principal>

    /// Who may come in; what they may do there is for the handler to judge.
    package enum Access: Sendable {
        /// Nobody is asked.
        case open
        /// Whoever shows a token is identified; a bad token is refused.
        case optional
        case required
    }

    package let method: HTTPMethod
    package let template: String
    package let summary: String
    package let tag: String
    package let access: Access
    package let path: [Parameter]
    package let query: [Parameter]
    /// The status when all goes well.
    package let status: Int
    /// Further statuses with the same answer.
    private(set) var otherStatuses: [Int] = []
    let body: (@Sendable (SchemaRecorder) -> Schema)?
    private(set) var reply: (@Sendable (SchemaRecorder) -> Schema)?
    /// The media type of the answer, when there is one.
    let produces: String?
    /// The media types of a body that the handler reads itself.
    private(set) var accepts: [String] = []
    /// Further media types of the answer, and the schema of a JSON answer among them.
    private(set) var alternatives: [String] = []
    /// What refusals are besides problems, for those who want plain text.
    private(set) var refusal: String?
    /// Statuses that this route alone answers with, and why.
    private(set) var refusals: [Int: String] = [:]
    let handler: @Sendable (Context) async throws -> HTTPResponse

    init(
        _ method: HTTPMethod, _ template: String, _ summary: String, tag: String, access: Access, path: [Parameter],
        query: [Parameter], status: Int, body: (@Sendable (SchemaRecorder) -> Schema)?,
        reply: (@Sendable (SchemaRecorder) -> Schema)?, produces: String?,
        handler: @escaping @Sendable (Context) async throws -> HTTPResponse
    ) {
        self.method = method
        self.template = template
        self.summary = summary
        self.tag = tag
        self.access = access
        self.path = path
        self.query = query
        self.status = status
        self.body = body
        self.reply = reply
        self.produces = produces
        self.handler = handler
    }

    /// Reads a body, answers with a value.
    package init<Body: Decodable & Sendable, Reply: Codable & Sendable>(
        _ method: HTTPMethod, _ template: String, _ summary: String, tag: String, access: Access = .required,
        path: [Parameter] = [], query: [Parameter] = [], body: Body.Type, returns: Reply.Type, status: Int = 200,
        handler: @escaping @Sendable (Context, Body) async throws -> Reply
    ) {
        self.init(
            method, template, summary, tag: tag, access: access, path: path, query: query, status: status,
            body: { $0.schema(of: Body.self) }, reply: { $0.schema(of: Reply.self) }, produces: "application/json"
        ) { context in
            let body = try await JSONBody.read(Body.self, from: context.request)
            return try .json(await handler(context, body), status: status)
        }
    }

    /// Reads a body, answers with the JSON of a `Reply` and with a status that the handler chooses: `status` or one of
    /// `others`.
    package static func choosing<Body: Decodable & Sendable, Reply: Codable & Sendable>(
        _ method: HTTPMethod, _ template: String, _ summary: String, tag: String, access: Access = .required,
        path: [Parameter] = [], query: [Parameter] = [], body: Body.Type, returns: Reply.Type, status: Int,
        others: [Int],
        handler: @escaping @Sendable (Context, Body) async throws -> (status: Int, json: [UInt8])
    ) -> Route {
        var route = Route(
            method, template, summary, tag: tag, access: access, path: path, query: query, status: status,
            body: { $0.schema(of: Body.self) }, reply: { $0.schema(of: Reply.self) }, produces: "application/json"
        ) { context in
            let body = try await JSONBody.read(Body.self, from: context.request)
            let answer = try await handler(context, body)
            return .json(bytes: answer.json, status: answer.status)
        }
        route.otherStatuses = others
        return route
    }

    /// Reads no body, answers with the JSON of a `Reply` that the handler has written.
    package static func getEncoded<Reply: Codable & Sendable>(
        _ template: String, _ summary: String, tag: String, access: Access = .required, path: [Parameter] = [],
        query: [Parameter] = [], returns: Reply.Type,
        handler: @escaping @Sendable (Context) async throws -> [UInt8]
    ) -> Route {
        Route(
            .get, template, summary, tag: tag, access: access, path: path, query: query, status: 200, body: nil,
            reply: { $0.schema(of: Reply.self) }, produces: "application/json"
        ) { context in
            .json(bytes: try await handler(context))
        }
    }

    /// Reads no body, answers with a value.
    package init<Reply: Codable & Sendable>(
        _ method: HTTPMethod, _ template: String, _ summary: String, tag: String, access: Access = .required,
        path: [Parameter] = [], query: [Parameter] = [], returns: Reply.Type, status: Int = 200,
        handler: @escaping @Sendable (Context) async throws -> Reply
    ) {
        self.init(
            method, template, summary, tag: tag, access: access, path: path, query: query, status: status, body: nil,
            reply: { $0.schema(of: Reply.self) }, produces: "application/json"
        ) { context in
            try .json(await handler(context), status: status)
        }
    }

    /// Reads a body, answers without one.
    package init<Body: Decodable & Sendable>(
        _ method: HTTPMethod, _ template: String, _ summary: String, tag: String, access: Access = .required,
        path: [Parameter] = [], query: [Parameter] = [], body: Body.Type, status: Int = 204,
        handler: @escaping @Sendable (Context, Body) async throws -> Void
    ) {
        self.init(
            method, template, summary, tag: tag, access: access, path: path, query: query, status: status,
            body: { $0.schema(of: Body.self) }, reply: nil, produces: nil
        ) { context in
            try await handler(context, try await JSONBody.read(Body.self, from: context.request))
            return HTTPResponse(status: status)
        }
    }

    /// Reads no body and answers without one.
    package init(
        _ method: HTTPMethod, _ template: String, _ summary: String, tag: String, access: Access = .required,
        path: [Parameter] = [], query: [Parameter] = [], status: Int = 204,
        handler: @escaping @Sendable (Context) async throws -> Void
    ) {
        self.init(
            method, template, summary, tag: tag, access: access, path: path, query: query, status: status, body: nil,
            reply: nil, produces: nil
        ) { context in
            try await handler(context)
            return HTTPResponse(status: status)
        }
    }

    /// Makes its answer itself: files, streams, WebSockets.
    ///
    /// - Parameters:
    ///   - accepts: The media types of the body, when it reads one.
    ///   - produces: The media type of the answer; nil when there is no body, as with status 101.
    ///   - alternatives: Media types that the answer may have instead.
    ///   - refusal: The media type of its refusals, when they are not problems.
    ///   - refusals: Further statuses, each with the reason.
    package static func raw(
        _ method: HTTPMethod, _ template: String, _ summary: String, tag: String, access: Access = .required,
        path: [Parameter] = [], query: [Parameter] = [], accepts: [String] = [], produces: String? = nil,
        alternatives: [String] = [], status: Int = 200, refusal: String? = nil, refusals: [Int: String] = [:],
        handler: @escaping @Sendable (Context) async throws -> HTTPResponse
    ) -> Route {
        var route = Route(
            method, template, summary, tag: tag, access: access, path: path, query: query, status: status, body: nil,
            reply: nil, produces: produces, handler: handler)
        route.accepts = accepts
        route.alternatives = alternatives
        route.refusal = refusal
        route.refusals = refusals
        return route
    }
}
