import HTTPTypes

// Routes by method; each takes what `Route.init` of the same shape takes.
extension Route {

    // MARK: GET

    package static func get<Reply: Codable & Sendable>(
        _ template: String, _ summary: String, tag: String, access: Access = .required, path: [Parameter] = [],
        query: [Parameter] = [], returns: Reply.Type, status: Int = 200,
        handler: @escaping @Sendable (Context) async throws -> Reply
    ) -> Route {
        Route(
            .get, template, summary, tag: tag, access: access, path: path, query: query, returns: returns,
            status: status,
            handler: handler)
    }

    // MARK: POST

    package static func post<Body: Decodable & Sendable, Reply: Codable & Sendable>(
        _ template: String, _ summary: String, tag: String, access: Access = .required, path: [Parameter] = [],
        query: [Parameter] = [], body: Body.Type, returns: Reply.Type, status: Int = 200,
        handler: @escaping @Sendable (Context, Body) async throws -> Reply
    ) -> Route {
        Route(
            .post, template, summary, tag: tag, access: access, path: path, query: query, body: body, returns: returns,
            status: status,
            handler: handler)
    }

    package static func post<Reply: Codable & Sendable>(
        _ template: String, _ summary: String, tag: String, access: Access = .required, path: [Parameter] = [],
        query: [Parameter] = [], returns: Reply.Type, status: Int = 200,
        handler: @escaping @Sendable (Context) async throws -> Reply
    ) -> Route {
        Route(
            .post, template, summary, tag: tag, access: access, path: path, query: query, returns: returns,
            status: status,
            handler: handler)
    }

    package static func post<Body: Decodable & Sendable>(
        _ template: String, _ summary: String, tag: String, access: Access = .required, path: [Parameter] = [],
        query: [Parameter] = [], body: Body.Type, status: Int = 204,
        handler: @escaping @Sendable (Context, Body) async throws -> Void
    ) -> Route {
        Route(
            .post, template, summary, tag: tag, access: access, path: path, query: query, body: body, status: status,
            handler: handler)
    }

    package static func post(
        _ template: String, _ summary: String, tag: String, access: Access = .required, path: [Parameter] = [],
        query: [Parameter] = [], status: Int = 204,
        handler: @escaping @Sendable (Context) async throws -> Void
    ) -> Route {
        Route(
            .post, template, summary, tag: tag, access: access, path: path, query: query, status: status,
            handler: handler)
    }

    // MARK: PUT

    package static func put<Body: Decodable & Sendable, Reply: Codable & Sendable>(
        _ template: String, _ summary: String, tag: String, access: Access = .required, path: [Parameter] = [],
        query: [Parameter] = [], body: Body.Type, returns: Reply.Type, status: Int = 200,
        handler: @escaping @Sendable (Context, Body) async throws -> Reply
    ) -> Route {
        Route(
            .put, template, summary, tag: tag, access: access, path: path, query: query, body: body, returns: returns,
            status: status,
            handler: handler)
    }

    package static func put<Reply: Codable & Sendable>(
        _ template: String, _ summary: String, tag: String, access: Access = .required, path: [Parameter] = [],
        query: [Parameter] = [], returns: Reply.Type, status: Int = 200,
        handler: @escaping @Sendable (Context) async throws -> Reply
    ) -> Route {
        Route(
            .put, template, summary, tag: tag, access: access, path: path, query: query, returns: returns,
            status: status,
            handler: handler)
    }

    package static func put<Body: Decodable & Sendable>(
        _ template: String, _ summary: String, tag: String, access: Access = .required, path: [Parameter] = [],
        query: [Parameter] = [], body: Body.Type, status: Int = 204,
        handler: @escaping @Sendable (Context, Body) async throws -> Void
    ) -> Route {
        Route(
            .put, template, summary, tag: tag, access: access, path: path, query: query, body: body, status: status,
            handler: handler)
    }

    package static func put(
        _ template: String, _ summary: String, tag: String, access: Access = .required, path: [Parameter] = [],
        query: [Parameter] = [], status: Int = 204,
        handler: @escaping @Sendable (Context) async throws -> Void
    ) -> Route {
        Route(
            .put, template, summary, tag: tag, access: access, path: path, query: query, status: status,
            handler: handler)
    }

    // MARK: PATCH

    package static func patch<Body: Decodable & Sendable, Reply: Codable & Sendable>(
        _ template: String, _ summary: String, tag: String, access: Access = .required, path: [Parameter] = [],
        query: [Parameter] = [], body: Body.Type, returns: Reply.Type, status: Int = 200,
        handler: @escaping @Sendable (Context, Body) async throws -> Reply
    ) -> Route {
        Route(
            .patch, template, summary, tag: tag, access: access, path: path, query: query, body: body, returns: returns,
            status: status,
            handler: handler)
    }

    package static func patch<Body: Decodable & Sendable>(
        _ template: String, _ summary: String, tag: String, access: Access = .required, path: [Parameter] = [],
        query: [Parameter] = [], body: Body.Type, status: Int = 204,
        handler: @escaping @Sendable (Context, Body) async throws -> Void
    ) -> Route {
        Route(
            .patch, template, summary, tag: tag, access: access, path: path, query: query, body: body, status: status,
            handler: handler)
    }

    // MARK: DELETE

    package static func delete(
        _ template: String, _ summary: String, tag: String, access: Access = .required, path: [Parameter] = [],
        query: [Parameter] = [], status: Int = 204,
        handler: @escaping @Sendable (Context) async throws -> Void
    ) -> Route {
        Route(
            .delete, template, summary, tag: tag, access: access, path: path, query: query, status: status,
            handler: handler)
    }

    package static func delete<Reply: Codable & Sendable>(
        _ template: String, _ summary: String, tag: String, access: Access = .required, path: [Parameter] = [],
        query: [Parameter] = [], returns: Reply.Type, status: Int = 200,
        handler: @escaping @Sendable (Context) async throws -> Reply
    ) -> Route {
        Route(
            .delete, template, summary, tag: tag, access: access, path: path, query: query, returns: returns,
            status: status,
            handler: handler)
    }
}
