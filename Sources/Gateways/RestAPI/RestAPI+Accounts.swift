import ChatModel
import ChatService
import HTTPRouting
import HTTPTypes

struct RegisterBody: Codable, Sendable, SchemaDescribing {
    var app: String?
    var handle: String
    var name: String?
    var email: String?
    var password: String

    static let schemaDescription = SchemaRefinement(properties: [
        "app": .init("The app; the server's first one when left out."),
        "handle": .init("The unique short name.", minimumLength: 1, maximumLength: ChatLimits.handle, example: "ada"),
        "name": .init("The name to show; the handle when left out.", minimumLength: 1, maximumLength: ChatLimits.name),
        "email": .init("An address for mail.", format: "email"),
        "password": .init(
            minimumLength: ChatLimits.password.lowerBound, maximumLength: ChatLimits.password.upperBound),
    ])
}

struct LoginBody: Codable, Sendable, SchemaDescribing {
    var app: String?
    var handle: String
    var password: String

    static let schemaDescription = SchemaRefinement(properties: [
        "handle": .init(
            "The handle or the address of the account.", minimumLength: 1, maximumLength: ChatLimits.login,
            example: "ada")
    ])
}

struct RefreshBody: Codable, Sendable {
    var refreshToken: String

    enum CodingKeys: String, CodingKey {
        case refreshToken = "refresh_token"
    }
}

extension RestAPI {
    var accounts: [Route<Principal>] {
        [
            .post(
                "/v1/auth/register", "Make an account and log in", tag: "auth", access: .open,
                body: RegisterBody.self, returns: Session.self, status: 201
            ) { context, body in
                try await service.register(
                    app: try await service.app(named: body.app), handle: body.handle, name: body.name,
                    email: body.email, password: body.password, origin: context.request.remoteAddress)
            },
            .post(
                "/v1/auth/login", "Log in", tag: "auth", access: .open, body: LoginBody.self, returns: Session.self
            ) { context, body in
                try await service.logIn(
                    app: try await service.app(named: body.app), handle: body.handle, password: body.password,
                    origin: context.request.remoteAddress)
            },
            .post(
                "/v1/auth/refresh", "Exchange a refresh token for new tokens", tag: "auth", access: .open,
                body: RefreshBody.self, returns: Session.self
            ) { context, body in
                try await service.refresh(body.refreshToken, origin: context.request.remoteAddress)
            },
            .post("/v1/auth/logout", "End this log-in", tag: "auth") { context in
                try await service.logOut(context.principal)
            },
        ]
    }
}
