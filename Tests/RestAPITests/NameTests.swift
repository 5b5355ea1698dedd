import ChatModel
import ChatService
import ChatTestSupport
import Foundation
import HTTPTypes
import Testing

/// One rule judges names at every route that takes one.
@Suite(.timeLimit(.minutes(1)))
struct NameTests {
    private let api: RestCaller
    private let tenant: ChatTenant
    private let channel: Channel

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        api = RestCaller(tenant)
        channel = try await tenant.channel()
    }

    private func json(_ value: [String: JSONValue]) throws -> String {
        String(decoding: try JSONEncoder().encode(JSONValue.object(value)), as: UTF8.self)
    }

    /// Each request that takes a name of a kind, with where its answer points.
    private func handles(_ name: String) -> [(HTTPMethod, String, [String: JSONValue], String)] {
        [
            (.post, "/v1/users", ["handle": .string(name)], "/handle"),
            (.post, "/v1/bots", ["handle": .string(name)], "/handle"),
            (.post, "/v1/users/import", ["users": [["handle": "fine"], ["handle": .string(name)]]], "/users/1/handle"),
            (
                .post, "/v1/auth/register",
                ["app": .string(tenant.app.name), "handle": .string(name), "password": "a good one"], "/handle"
            ),
        ]
    }

    private func shown(_ name: String) -> [(HTTPMethod, String, [String: JSONValue], String)] {
        [
            (.post, "/v1/users", ["handle": "h1", "name": .string(name)], "/name"),
            (.post, "/v1/bots", ["handle": "h2", "name": .string(name)], "/name"),
            (.post, "/v1/hooks", ["name": .string(name), "channel_id": .integer(channel.id.rawValue)], "/name"),
            (.patch, "/v1/me", ["name": .string(name)], "/name"),
        ]
    }

    private func channels(_ name: String) -> [(HTTPMethod, String, [String: JSONValue], String)] {
        [
            (.post, "/v1/channels", ["kind": "public", "name": .string(name)], "/name"),
            (.patch, "/v1/channels/\(channel.id)", ["name": .string(name)], "/name"),
        ]
    }

    @Test(arguments: [
        "gen\u{200B}eral", "gen\u{202E}eral", "c1\u{9B}x", "..", ".", "\u{E000}", "a\u{3164}", " a", "a ", "a\u{2066}b",
        "\u{10FFFD}", "",
    ])
    func `what nobody sees is in no name`(name: String) async throws {
        var requests = handles(name) + channels(name)
        if name != "..", name != "." { requests += shown(name) }
        for (method, path, body, pointer) in requests {
            let answer = await api(method, path, try json(body))
            #expect(answer.status == 422 && answer.pointer == pointer, "\(method.rawValue) \(path): \(answer.json)")
        }
    }

    @Test func `the second form of one handle or channel is taken, and finds the first`() async throws {
        let forms = [("Sta\u{30A}le", "St\u{E5}le"), ("ﬁsh", "fish"), ("ＢＯＢ", "bob"), ("\u{212B}ke", "\u{E5}ke")]
        for (number, (first, second)) in forms.enumerated() {
            let made = await api(.post, "/v1/users", try json(["handle": .string(first)]))
            #expect(made.status == 201)
            for handle in [first, second] {
                #expect(await api(.post, "/v1/users", try json(["handle": .string(handle)])).code == "handle_taken")
                #expect(await api(.post, "/v1/bots", try json(["handle": .string(handle)])).code == "handle_taken")
                let path = handle.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                #expect(await api(.get, "/v1/users/by-handle/\(path)")["id"] == made["id"])
                #expect(await api(.get, "/v1/users?query=\(path)")["users"]?.array?.count == 1)
            }
            let people = await api(.post, "/v1/users/import", try json(["users": [["handle": .string(second)]]]))
            #expect(people["users"]?[0]?["id"] == made["id"])
            let room = await api(.post, "/v1/channels", try json(["kind": "public", "name": .string(first)]))
            #expect(room.status == 201)
            #expect(
                await api(.post, "/v1/channels", try json(["kind": "private", "name": .string(second)])).code
                    == "name_taken")
            let path = first.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            #expect(await api(.get, "/v1/channels/by-name/\(path)")["id"] == room["id"])
            #expect(
                await api(.patch, "/v1/channels/\(channel.id)", try json(["name": .string(second)])).code
                    == "name_taken", "\(number)")
        }
    }

    @Test func `a log-in takes every form of the handle`() async throws {
        let handle = "Sta\u{30A}le"
        _ = try await tenant.session(handle)
        for form in [handle, "st\u{E5}le"] {
            let body: [String: JSONValue] = [
                "app": .string(tenant.app.name), "handle": .string(form), "password": .string(ChatTenant.password),
            ]
            #expect(await api(.post, "/v1/auth/login", as: nil, try json(body)).status == 200)
        }
    }

    // MARK: Reactions

    private func path(_ emoji: String, _ message: Message) -> String {
        "/v1/messages/\(message.id)/reactions/\(emoji.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
    }

    private func message() async throws -> Message {
        try await tenant.service.send(MessageDraft(channelID: channel.id, text: "react"), as: tenant.admin).message
    }

    @Test(arguments: [
        (["❤", "❤\u{FE0F}", "heart", ":heart:"], "❤\u{FE0F}"), (["☝🏾", "☝🏾\u{FE0F}", "point_up::skin-tone-5"], "☝🏾"),
        (["eyes", "👀"], "👀"), (["thumbsup", ":thumbsup:", "👍", "+1", "Thumbs_Up"], "👍"), (["flag-de", "🇩🇪"], "🇩🇪"),
        (["#\u{20E3}", "hash"], "#\u{FE0F}\u{20E3}"),
    ])
    func `an emoji is one, however it is called`(forms: [String], emoji: String) async throws {
        let message = try await message()
        for form in forms { #expect(await api(.put, path(form, message)).status == 204) }
        let reactions = try await tenant.service.message(message.id, for: tenant.admin).reactions
        #expect(reactions.map(\.count) == [1] && reactions[0].emoji.utf8.elementsEqual(emoji.utf8))
        // Each form takes it back.
        for form in forms {
            #expect(await api(.delete, path(form, message)).status == 204)
            #expect(try await tenant.service.message(message.id, for: tenant.admin).reactions.isEmpty)
            #expect(await api(.put, path(form, message)).status == 204)
        }
    }

    @Test(arguments: ["hello", "\u{200B}", "q", "1", "👍👎", "🏽", "🇽🇽", "👀🏽", "<b>", ":", "eyes::skin-tone-3"])
    func `what is no emoji is no reaction`(text: String) async throws {
        let message = try await message()
        for method in [HTTPMethod.put, .delete] {
            let answer = await api(method, path(text, message))
            #expect(answer.status == 422 && answer.pointer == "/emoji")
        }
    }

    // MARK: Lists

    @Test func `lists say that they go on, and go on by cursor`() async throws {
        for number in 0..<4 {
            _ = try await tenant.channel("c\(number)")
            _ = try await tenant.hook("hook \(number)", to: channel)
            _ = try await tenant.service.createBot(handle: "bot\(number)", name: nil, by: tenant.admin)
        }
        for (path, key, count) in [
            ("/v1/channels", "channels", 5), ("/v1/channels?scope=public", "channels", 5), ("/v1/hooks", "hooks", 4),
            ("/v1/bots", "bots", 4), ("/v1/users", "users", 9), ("/v1/channels/\(channel.id)/members", "members", 5),
        ] {
            let join = path.contains("?") ? "&" : "?"
            let whole = await api(.get, path)
            #expect(whole[key]?.array?.count == count && whole["next"] == nil, "\(path)")
            var ids: [JSONValue] = []
            var next: Int64? = 0
            while let after = next {
                let page = await api(.get, "\(path)\(join)limit=2&after=\(after)")
                let rows = page[key]?.array ?? []
                #expect(rows.count <= 2)
                ids += rows.compactMap { $0["id"] ?? $0["user"]?["id"] }
                next = page["next"]?.integer
            }
            #expect(ids == whole[key]?.array?.compactMap { $0["id"] ?? $0["user"]?["id"] }, "\(path)")
        }
        #expect(await api(.get, "/v1/channels?limit=1001").status == 400)
    }

    @Test func `an account is a member of a bounded number of channels, and is told so`() async throws {
        let tenant = try await ChatFixture(settings: [("martlet.channels_per_user", "3")]).tenant()
        let api = RestCaller(tenant)
        let eve = try await api.person("eve")
        var channels: [JSONValue] = []
        for number in 0..<3 {
            channels.append(
                try #require(
                    await api(.post, "/v1/channels", as: "eve", #"{"kind":"public","name":"c\#(number)"}"#)["id"]))
        }
        let refused = await api(.post, "/v1/channels", as: "eve", #"{"kind":"private","name":"more"}"#)
        #expect(refused.status == 422 && refused.code == "too_many_channels")
        #expect(refused["detail"]?.string?.contains("@eve is a member of 3 channels already") == true)
        let open = try await tenant.channel("open")
        #expect(await api(.post, "/v1/channels/\(open.id)/join", as: "eve").code == "too_many_channels")
        #expect(
            await api(.post, "/v1/channels/\(open.id)/members", #"{"users":[\#(eve.userID)]}"#).code
                == "too_many_channels")
        // Who is a member already is no one more, and who has left has room.
        #expect(await api(.post, "/v1/channels/\(channels[0].integer ?? 0)/join", as: "eve").status == 200)
        #expect(await api(.post, "/v1/channels/\(channels[0].integer ?? 0)/leave", as: "eve").status == 204)
        #expect(await api(.post, "/v1/channels/\(open.id)/join", as: "eve").status == 200)
        await tenant.fixture.stop()
    }
}
