import ChatModel
import ChatService
import ChatTestSupport
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConversationTests {
    private let tenant: ChatTenant
    private let api: RestCaller
    private let channel: Channel
    private var path: String { "/v1/channels/\(channel.id)" }

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        api = RestCaller(tenant)
        _ = try await api.person("eve")
        channel = try await tenant.channel()
    }

    private func seqs(_ query: String) async -> [Int64] {
        await api(.get, "\(path)/messages\(query)")["messages"]?.array?.compactMap { $0["seq"]?.integer } ?? []
    }

    @Test func `a channel is paged in both directions`() async throws {
        for number in 1...25 { #expect(await api(.post, "\(path)/messages", #"{"text":"\#(number)"}"#).status == 201) }
        #expect(await seqs("") == Array(1...25))
        #expect(await seqs("?limit=10") == Array(16...25))
        #expect(await seqs("?before=16&limit=10") == Array(6...15))
        #expect(await seqs("?before=6&limit=10") == Array(1...5))
        #expect(await seqs("?before=1") == [])
        #expect(await seqs("?after=0&limit=10") == Array(1...10))
        #expect(await seqs("?after=10&limit=10") == Array(11...20))
        #expect(await seqs("?after=25") == [])
        #expect(await seqs("?after=3&before=8") == Array(4...7))
        #expect(await seqs("?after=-9223372036854775808&limit=1") == [1])
        for query in ["?limit=0", "?limit=201", "?limit=x", "?before=x", "?after=1.5"] {
            #expect(await api(.get, "\(path)/messages\(query)").status == 400, "\(query)")
        }
    }

    @Test func `sending again with a nonce or an idempotency key answers 200 with the first message`() async throws {
        let first = await api(.post, "\(path)/messages", #"{"text":"one","nonce":"n"}"#)
        let again = await api(.post, "\(path)/messages", #"{"text":"two","nonce":"n"}"#)
        #expect([first.status, again.status] == [201, 200])
        #expect(first.json == again.json)
        let key: HTTPHeaders = ["Idempotency-Key": "k-1"]
        let keyed = await api(.post, "\(path)/messages", #"{"text":"three"}"#, headers: key)
        let keyedAgain = await api(.post, "\(path)/messages", #"{"text":"three"}"#, headers: key)
        #expect([keyed.status, keyedAgain.status] == [201, 200])
        #expect(keyed["id"] == keyedAgain["id"] && keyed["id"] != nil)
        #expect(await seqs("") == [1, 2])
        #expect(
            await api(.post, "\(path)/messages", #"{"text":"x"}"#, headers: ["Idempotency-Key": "a b"]).code
                == "invalid_idempotency_key")
    }

    @Test func `a message's whole life`() async throws {
        let sent = await api(.post, "\(path)/messages", #"{"text":"teh","content":{"blocks":[]}}"#)
        let message = "/v1/messages/\(try #require(sent["id"]?.integer))"
        #expect(await api(.get, message).json == sent.json)
        let edited = await api(.patch, message, #"{"text":"the"}"#)
        #expect(edited["text"]?.string == "the" && edited["edited_at"]?.string != nil)
        #expect(await api(.put, "\(message)/reactions/%F0%9F%91%8D").status == 204)
        #expect(await api(.get, message)["reactions"]?[0]?["emoji"]?.string == "👍")
        #expect(await api(.delete, "\(message)/reactions/%F0%9F%91%8D").status == 204)
        #expect(await api(.get, message)["reactions"]?.array == [])
        let root = try #require(sent["id"]?.integer)
        #expect(await api(.post, "\(path)/messages", #"{"text":"re","thread_root_id":\#(root)}"#).status == 201)
        #expect(await api(.get, "\(message)/replies")["messages"]?[0]?["text"]?.string == "re")
        #expect(await api(.get, message)["reply_count"]?.integer == 1)
        let deleted = await api(.delete, message)
        #expect(deleted["text"]?.string == "" && deleted["deleted_at"]?.string != nil && deleted["content"] == nil)
        #expect(await api(.patch, message, #"{"text":"again"}"#).status == 404)
        #expect(await api(.delete, message).status == 404)
        #expect(await seqs("") == [1, 2])
    }

    @Test func `a list has each message as it reads alone`() async throws {
        func say(_ body: String) async throws -> Int64 {
            try #require(await api(.post, "\(path)/messages", body)["id"]?.integer)
        }
        let root = try await say(#"{"text":"plain fox"}"#)
        let rich = try await say(
            #"{"text":"fox \"\\\t\u0001 👩‍👩‍👧","content":{"n":[1.5,null,"\""]},"thread_root_id":\#(root),"nonce":"n\""}"#)
        for (emoji, person) in [("tada", "admin"), ("%F0%9F%91%8D", "admin"), ("tada", "eve")] {
            if person == "eve" { _ = await api(.post, "\(path)/join", as: person) }
            #expect(await api(.put, "/v1/messages/\(rich)/reactions/\(emoji)", as: person).status == 204)
        }
        #expect(await api(.patch, "/v1/messages/\(root)", #"{"text":"changed fox"}"#).status == 200)
        let gone = try await say(#"{"text":"gone","thread_root_id":\#(root)}"#)
        #expect(await api(.delete, "/v1/messages/\(gone)").status == 200)
        var alone: [Int64: JSONValue] = [:]
        for id in [root, rich, gone] { alone[id] = await api(.get, "/v1/messages/\(id)").json }
        #expect(alone[rich]?["reactions"] == [["emoji": "🎉", "count": 2], ["emoji": "👍", "count": 1]])
        func list(_ target: String) async -> [JSONValue?] { await api(.get, target)["messages"]?.array ?? [] }
        #expect(await list("\(path)/messages") == [alone[root], alone[rich], alone[gone]])
        #expect(await list("/v1/messages/\(root)/replies") == [alone[rich], alone[gone]])
        #expect(await list("/v1/search?q=fox&channel=\(channel.id)") == [alone[rich], alone[root]])
        #expect(await api(.get, "/v1/search?q=fox")["engine"]?.string == "postgresql")
    }

    @Test func `search finds words in channels one may read, and nothing that was deleted`() async throws {
        let secret = try await tenant.channel("secret", kind: .private)
        for (channel, text) in [(channel, "the quick fox"), (channel, "a lazy fox"), (secret, "a secret fox")] {
            #expect(await api(.post, "/v1/channels/\(channel.id)/messages", #"{"text":"\#(text)"}"#).status == 201)
        }
        func found(_ query: String, as handle: String = "admin") async -> [String] {
            await api(.get, "/v1/search?\(query)", as: handle)["messages"]?.array?.compactMap { $0["text"]?.string }
                ?? []
        }
        #expect(await found("q=fox") == ["a secret fox", "a lazy fox", "the quick fox"])
        #expect(await found("q=fox&limit=1") == ["a secret fox"])
        #expect(await found("q=fox%20-lazy&channel=\(channel.id)") == ["the quick fox"])
        #expect(await found("q=%22quick%20fox%22") == ["the quick fox"])
        #expect(await found("q=fox", as: "eve") == [])
        #expect(await found("q=fox&channel=\(channel.id)", as: "eve").count == 2)
        #expect(await api(.get, "/v1/search?q=fox&channel=\(secret.id)", as: "eve").status == 404)
        #expect(await api(.get, "/v1/search?q=%20").status == 422)
        for query in ["%27", "%22", "%28%29%26%7C%21%3A%2A", "-", "%5C"] {
            #expect(await api(.get, "/v1/search?q=\(query)").status == 200, "\(query)")
        }
        let lazy = await api(.get, "/v1/search?q=lazy")["messages"]?[0]?["id"]?.integer
        _ = await api(.delete, "/v1/messages/\(try #require(lazy))")
        #expect(await found("q=lazy") == [])
    }

    @Test func `members come, read and go`() async throws {
        let eve = try #require(await api(.get, "/v1/me", as: "eve")["id"]?.integer)
        #expect(await api(.post, "\(path)/read", as: "eve", #"{"seq":1}"#).code == "not_a_member")
        #expect(await api(.post, "\(path)/join", as: "eve")["membership"]?["role"]?.string == "member")
        #expect(await api(.post, "\(path)/join", as: "eve").status == 200)
        for number in 0..<3 { _ = await api(.post, "\(path)/messages", #"{"text":"\#(number)"}"#) }
        let unread = await api(.get, "/v1/channels", as: "eve")["channels"]?[0]?["membership"]?["unread_count"]
        #expect(unread?.integer == 3)
        let read = await api(.post, "\(path)/read", as: "eve", #"{"seq":2}"#)
        #expect(read["read_seq"]?.integer == 2 && read["unread_count"]?.integer == 1)
        #expect(await api(.get, "\(path)/members")["members"]?.array?.count == 2)
        #expect(await api(.get, "\(path)/members?limit=1")["next"]?.integer == tenant.admin.userID.rawValue)
        #expect(await api(.delete, "\(path)/members/\(eve)").status == 204)
        #expect(await api(.delete, "\(path)/members/\(eve)").code == "member_not_found")
        let unknown = await api(.post, "\(path)/members", #"{"users":[\#(eve),\#(Int64.max)],"role":"moderator"}"#)
        #expect(unknown.status == 404 && unknown.code == "user_not_found" && unknown.pointer == "/users")
        let added = await api(.post, "\(path)/members", #"{"users":[\#(eve)],"role":"moderator"}"#)
        #expect(added["members"]?.array?.compactMap { $0["user"]?["id"]?.integer } == [eve])
        #expect(await api(.post, "\(path)/leave", as: "eve").status == 204)
    }

    @Test func `channels are made, found, changed and archived`() async throws {
        let made = await api(.post, "/v1/channels", as: "eve", ##"{"kind":"public","name":"News","topic":"t"}"##)
        #expect(made.status == 201 && made["membership"]?["role"]?.string == "owner")
        let id = try #require(made["id"]?.integer)
        #expect(await api(.get, "/v1/channels/by-name/%23news", as: "eve")["id"]?.integer == id)
        let open = await api(.get, "/v1/channels?scope=public")["channels"]?.array
        #expect(open?.compactMap { $0["id"]?.integer }.contains(id) == true)
        #expect(await api(.get, "/v1/channels?scope=all").status == 400)
        #expect(await api(.patch, "/v1/channels/\(id)", as: "eve", #"{"topic":"new"}"#)["topic"]?.string == "new")
        #expect(await api(.post, "/v1/channels", #"{"kind":"public","name":"NEWS"}"#).code == "name_taken")
        #expect(await api(.post, "/v1/channels", #"{"kind":"public"}"#).pointer == "/name")
        #expect(await api(.delete, "/v1/channels/\(id)", as: "eve").status == 204)
        #expect(await api(.get, "/v1/channels/\(id)", as: "eve")["is_archived"]?.bool == true)
        #expect(
            await api(.post, "/v1/channels/\(id)/messages", as: "eve", #"{"text":"x"}"#).code
                == "channel_is_archived")
    }

    @Test func `people are found, page by page`() async throws {
        for handle in ["anna", "Anton", "bea"] { _ = try await api.person(handle) }
        let page = await api(.get, "/v1/users?query=AN&limit=1", as: "eve")
        #expect(page["users"]?[0]?["handle"]?.string == "anna")
        let next = try #require(page["next"]?.integer)
        let rest = await api(.get, "/v1/users?query=AN&after=\(next)", as: "eve")
        #expect(rest["users"]?.array?.compactMap { $0["handle"]?.string } == ["Anton"])
        #expect(rest["next"] == nil)
        #expect(await api(.get, "/v1/users?query=%25")["users"]?.array == [])
        #expect(await api(.post, "/v1/users", as: "eve", #"{"handle":"x"}"#).code == "admin_only")
        let imported = await api(
            .post, "/v1/users/import", #"{"users":[{"handle":"Bea"},{"handle":"cy"},{"handle":"CY"}]}"#)
        #expect(imported["users"]?.array?.count == 2)
        #expect(await api(.post, "/v1/users/import", #"{"users":[{"handle":"d","name":"\u0000"}]}"#).status == 422)
    }
}
