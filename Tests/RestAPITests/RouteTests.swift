import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Foundation
import HTTPRouting
import HTTPTypes
import Testing

/// What holds for every route.
@Suite(.timeLimit(.minutes(1)))
struct RouteTests {
    private let api: RestCaller
    private let tenant: ChatTenant

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        api = RestCaller(tenant)
    }

    /// A body that each route takes, for ids of users and channels.
    private func body(_ route: Route<Principal>, user: Int64, channel: Int64) -> String? {
        switch "\(route.method.rawValue) \(route.template)" {
        case "PATCH /v1/me", "PATCH /v1/users/{user_id}": #"{"name":"x"}"#
        case "POST /v1/users": #"{"handle":"new"}"#
        case "POST /v1/users/import": #"{"users":[]}"#
        case "POST /v1/channels": #"{"kind":"direct","members":[\#(user)]}"#
        case "PATCH /v1/channels/{channel_id}": #"{"name":"x"}"#
        case "POST /v1/channels/{channel_id}/read", "POST /v1/channels/{channel_id}/delivered": #"{"seq":1}"#
        case "PUT /v1/me/keywords": #"{"keywords":["deploy"]}"#
        case "POST /v1/channels/{channel_id}/members": #"{"users":[\#(user)]}"#
        case "PATCH /v1/channels/{channel_id}/members/{user_id}": #"{"role":"member"}"#
        case "POST /v1/channels/{channel_id}/messages", "PATCH /v1/messages/{message_id}": #"{"text":"x"}"#
        case "POST /v1/hooks": #"{"name":"x","channel_id":\#(channel)}"#
        case "POST /v1/bots": #"{"handle":"bot"}"#
        case "POST /v1/roles", "PUT /v1/roles/{role_id}": #"{"name":"x","capabilities":[]}"#
        case let name where name.hasPrefix("PUT") && name.contains("/overrides/"): #"{"deny":["send"]}"#
        default: nil
        }
    }

    @Test func `the description is valid, knows every route and leaves no type out`() throws {
        #expect(api.router.undescribedTypes.isEmpty)
        let document = try JSONDecoder().decode(
            JSONValue.self, from: Data(api.router.openAPI(title: "Martlet", version: "1")))
        #expect(document["openapi"]?.string == "3.1.0")
        var names: Set<String> = []
        for route in api.router.routes {
            let operation = try #require(
                document["paths"]?[route.template]?[route.method.rawValue.lowercased()], "\(route.template)")
            #expect(operation["summary"]?.string?.isEmpty == false)
            #expect(operation["responses"]?["\(route.status)"] != nil)
            #expect(names.insert(try #require(operation["operationId"]?.string)).inserted)
            let parameters = operation["parameters"]?.array ?? []
            for name in route.template.split(separator: "{").dropFirst().map({ $0.prefix { $0 != "}" } }) {
                #expect(parameters.contains { $0["in"]?.string == "path" && $0["name"]?.string == String(name) })
            }
        }
        // Every reference leads somewhere.
        let text = String(decoding: api.router.openAPI(title: "Martlet", version: "1"), as: UTF8.self)
        for name in text.components(separatedBy: "#/components/schemas/").dropFirst().map({ $0.prefix { $0 != "\"" } })
        {
            #expect(document["components"]?["schemas"]?[String(name)] != nil, "\(name)")
        }
        let sends = document["paths"]?["/v1/channels/{channel_id}/messages"]?["post"]?["responses"]
        #expect(sends?["200"] != nil && sends?["201"] != nil)
    }

    @Test func `no route answers whoever shows no token, or a bad one`() async throws {
        for route in api.router.routes where route.access == .required {
            let path = route.template.replacing(try Regex("\\{[a-z_]+\\}"), with: "1")
            let body = body(route, user: 1, channel: 1)
            #expect(await api(route.method, path, as: nil, body).status == 401, "\(route.template)")
            for header in ["Bearer x", "Bearer mbt_x", "Basic eDp5", "Bearer", "x"] {
                let answer = await api(route.method, path, as: nil, body, headers: ["Authorization": header])
                #expect(answer.status == 401, "\(route.template) \(header)")
                #expect(answer.response.headers["WWW-Authenticate"] == "Bearer")
            }
        }
    }

    @Test func `ids of another app are not found, on every route that takes one`() async throws {
        let theirs = try await tenant.fixture.tenant()
        let person = try await theirs.person("foreigner")
        let channel = try await theirs.channel("foreign", members: [person])
        let message = try await theirs.service.send(
            MessageDraft(channelID: channel.id, text: "secret"), as: person
        ).message
        let bot = try await theirs.service.createBot(handle: "bot", name: nil, by: theirs.admin).bot
        let hook = try await theirs.hook(to: channel).hook
        let role = try await theirs.service.createRole(name: "r", capabilities: [], rank: 0, by: theirs.admin)
        let ids = [
            "user_id": person.userID.rawValue, "channel_id": channel.id.rawValue,
            "message_id": message.id.rawValue, "bot_id": bot.id.rawValue, "hook_id": hook.id,
            "role_id": role.id,
        ]
        var tried = 0
        for route in api.router.routes where route.template.contains("{") {
            var path = route.template
            for (name, id) in ids { path = path.replacing("{\(name)}", with: "\(id)") }
            path = path.replacing("{handle}", with: "foreigner").replacing("{name}", with: "foreign")
                .replacing("{emoji}", with: "x").replacing("{type}", with: "foreign.created")
            #expect(!path.contains("{"), "this test does not know what to put into \(path)")
            let answer = await api(
                route.method, path, body(route, user: person.userID.rawValue, channel: channel.id.rawValue))
            #expect(answer.status == 404, "\(route.method.rawValue) \(route.template): \(answer.json)")
            tried += 1
        }
        #expect(tried > 20)
        // Those whose ids stand elsewhere.
        let (user, id) = (person.userID.rawValue, channel.id.rawValue)
        #expect(await api(.post, "/v1/channels", #"{"kind":"direct","members":[\#(user)]}"#).status == 404)
        #expect(await api(.post, "/v1/hooks", #"{"name":"x","channel_id":\#(id)}"#).status == 404)
        #expect(await api(.get, "/v1/search?q=secret&channel=\(id)").status == 404)
        #expect(await api(.get, "/v1/search?q=secret")["messages"]?.array == [])
        #expect(await api(.get, "/v1/events?after=0-0&wait=30")["events"]?.array?.count == 1)
        #expect(try await theirs.service.message(message.id, for: person) == message)
        #expect(try await theirs.service.channel(channel.id, for: person).isArchived == false)
    }

    @Test(arguments: ["0", "-1", "+1", "01", "x", "1.0", "9223372036854775808", "%31x", "1%00"])
    func `what is no id is told so`(id: String) async throws {
        for path in ["/v1/channels/\(id)", "/v1/messages/\(id)", "/v1/users/\(id)", "/v1/channels/\(id)/messages"] {
            let answer = await api(.get, path)
            #expect(answer.status == 400 && answer.code == "invalid_parameter", "\(path): \(answer.json)")
        }
    }

    @Test func `texts that PostgreSQL cannot hold are the client's fault, not the server's`() async throws {
        let channel = try await tenant.channel()
        for path in [
            "/v1/search?q=a%00b", "/v1/users?query=%00", "/v1/users/by-handle/a%00", "/v1/channels/by-name/a%00",
        ] {
            let answer = await api(.get, path)
            #expect((400..<500).contains(answer.status), "\(path): \(answer.json)")
        }
        for body in [#"{"handle":"a\u0000","password":"password"}"#, #"{"app":"\u0000","handle":"a","password":"x"}"#] {
            #expect((400..<500).contains(await api(.post, "/v1/auth/login", as: nil, body).status))
        }
        let post = "/v1/channels/\(channel.id)/messages"
        for body in [#"{"text":"a\u0000"}"#, #"{"text":"a","content":{"a":"\u0000"}}"#, #"{"text":"\ud800"}"#] {
            #expect((400..<500).contains(await api(.post, post, body).status), "\(body)")
        }
        #expect(try await tenant.messages(in: channel).isEmpty)
    }

    static let wrongBodies: [(body: String, status: Int, code: String?, pointer: String?)] = [
        ("", 400, "missing_body", nil), ("{", 400, "invalid_json", nil), ("[]", 422, nil, ""),
        (#"{"text":1}"#, 422, nil, "/text"), (#"{"text":"x","thread_root_id":"7"}"#, 422, nil, "/thread_root_id"),
        (#"{"text":"x","kind":"shout"}"#, 422, nil, "/kind"), (#"{"text":"x","hops":1.5}"#, 422, nil, "/hops"),
        (#"{"text":"x","at":"yesterday"}"#, 422, nil, "/at"), (#"{"text":"x","nonce":""}"#, 422, nil, "/nonce"),
        ("{}", 422, nil, "/text"), (#"{"text":null}"#, 422, nil, "/text"),
        (String(repeating: "[", count: 5000), 400, "invalid_json", nil),
        (#"{"text":"x","thread_root_id":9223372036854775808}"#, 422, nil, "/thread_root_id"),
    ]

    @Test(arguments: wrongBodies)
    func `a wrong body is told where it is wrong`(
        body: String, status: Int, code: String?, pointer: String?
    ) async throws {
        let channel = try await tenant.channel()
        let answer = await api(.post, "/v1/channels/\(channel.id)/messages", body)
        #expect(answer.status == status, "\(answer.json)")
        if let code { #expect(answer.code == code) }
        if let pointer { #expect((answer.pointer ?? "") == pointer, "\(answer.json)") }
        #expect(answer["detail"]?.string?.isEmpty == false)
        #expect(answer["request_id"]?.string == answer.response.headers["X-Request-Id"])
    }
}
