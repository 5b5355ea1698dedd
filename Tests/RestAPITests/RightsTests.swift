import ChatModel
import ChatService
import ChatTestSupport
import HTTPTypes
import Testing

/// Who may do what, as those who use the HTTP API see it.
@Suite(.timeLimit(.minutes(1)))
struct RightsTests {
    private let tenant: ChatTenant
    private let api: RestCaller
    private let ada: Int64
    private let bob: Int64
    private let path: String

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        api = RestCaller(tenant)
        ada = try await api.person("ada").userID.rawValue
        bob = try await api.person("bob").userID.rawValue
        let made = await api(
            .post, "/v1/channels", as: "ada", #"{"kind":"private","name":"c","members":[\#(bob)]}"#)
        path = "/v1/channels/\(try #require(made["id"]?.integer))"
    }

    private func say(_ text: String, to root: Int64? = nil, as handle: String) async throws -> Int64 {
        let root = root.map { #","thread_root_id":\#($0)"# } ?? ""
        let said = await api(.post, "\(path)/messages", as: handle, #"{"text":"\#(text)"\#(root)}"#)
        return try #require(said["id"]?.integer)
    }

    @Test func `counts follow deletions`() async throws {
        let messages = [try await say("1", as: "ada"), try await say("2", as: "ada")]
        for id in messages { #expect(await api(.delete, "/v1/messages/\(id)", as: "ada").status < 300) }
        #expect(await api(.get, path, as: "bob")["membership"]?["unread_count"]?.integer == 0)
        let root = try await say("root", as: "ada")
        let answer = try await say("answer", to: root, as: "bob")
        #expect(await api(.get, "/v1/messages/\(root)", as: "bob")["reply_count"]?.integer == 1)
        _ = await api(.delete, "/v1/messages/\(answer)", as: "bob")
        #expect(await api(.get, "/v1/messages/\(root)", as: "bob")["reply_count"]?.integer == 0)
    }

    @Test func `a deleted message takes neither answers nor reactions`() async throws {
        let root = try await say("root", as: "ada")
        _ = await api(.delete, "/v1/messages/\(root)", as: "ada")
        let answer = await api(.post, "\(path)/messages", as: "bob", #"{"text":"x","thread_root_id":\#(root)}"#)
        #expect(answer.status == 409 && answer.code == "message_deleted")
        let reaction = await api(.put, "/v1/messages/\(root)/reactions/%F0%9F%91%8D", as: "bob")
        #expect(reaction.status == 409 && reaction.code == "message_deleted")
    }

    @Test func `an edit that changes nothing leaves no trace`() async throws {
        let id = try await say("same", as: "ada")
        let edited = await api(.patch, "/v1/messages/\(id)", as: "ada", #"{"text":"same"}"#)
        #expect(edited.status == 200 && edited["edited_at"] == nil)
    }

    @Test func `roles are changed, and the last owner hands over first`() async throws {
        #expect(await api(.post, "\(path)/leave", as: "ada").code == "last_owner")
        #expect(await api(.post, "\(path)/leave", as: "ada").status == 409)
        #expect(await api(.patch, "\(path)/members/\(bob)", as: "bob", #"{"role":"owner"}"#).code == "not_allowed")
        #expect(await api(.patch, "\(path)/members/\(bob)", as: "ada", #"{"role":"king"}"#).status == 422)
        #expect(
            await api(.patch, "\(path)/members/\(bob)", as: "ada", #"{"role":"moderator"}"#)["role"]?.string
                == "moderator")
        #expect(await api(.delete, "\(path)/members/\(ada)", as: "bob").code == "not_allowed")
        let again = await api(.post, "\(path)/members", as: "ada", #"{"users":[\#(bob)],"role":"owner"}"#)
        #expect(again.status == 409 && again.code == "already_a_member")
        #expect(
            await api(.patch, "/v1/users/\(ada)", #"{"is_active":false}"#).code == "last_owner")
        #expect(
            await api(.patch, "/v1/users/\(ada)", #"{"is_active":false,"hand_over_to":\#(bob)}"#)["is_active"]?.bool
                == false)
        #expect(await api(.get, path, as: "bob")["membership"]?["role"]?.string == "owner")
    }

    @Test func `a direct channel is archived for oneself`() async throws {
        let made = await api(.post, "/v1/channels", as: "ada", #"{"kind":"direct","members":[\#(bob)]}"#)
        let direct = "/v1/channels/\(try #require(made["id"]?.integer))"
        #expect(await api(.delete, direct, as: "bob").status == 204)
        #expect(await api(.get, direct, as: "bob")["is_archived"]?.bool == true)
        #expect(await api(.get, direct, as: "ada")["is_archived"]?.bool == false)
        #expect(await api(.post, "\(direct)/messages", as: "ada", #"{"text":"there?"}"#).status == 201)
        #expect(await api(.get, direct, as: "bob")["is_archived"]?.bool == false)
    }

    @Test func `a webhook whose maker has gone is taken over by an administrator`() async throws {
        let id = try #require(path.split(separator: "/").last)
        let made = await api(.post, "/v1/hooks", as: "bob", #"{"name":"h","channel_id":\#(id)}"#)
        #expect(made.status == 201 && made["maker_id"]?.integer == bob && made["is_suspended"]?.bool == false)
        let hook = try #require(made["id"]?.integer)
        #expect(await api(.delete, "\(path)/members/\(bob)", as: "ada").status == 204)
        let listed = await api(.get, "/v1/hooks")["hooks"]?[0]
        #expect(listed?["is_suspended"]?.bool == true)
        #expect(await api(.post, "/v1/hooks/\(hook)/take-over", as: "ada").code == "admin_only")
        let taken = await api(.post, "/v1/hooks/\(hook)/take-over")
        #expect(taken["maker_id"]?.integer == tenant.admin.userID.rawValue && taken["is_suspended"]?.bool == false)
        let direct = await api(.post, "/v1/channels", as: "ada", #"{"kind":"direct","members":[\#(bob)]}"#)
        let refused = await api(
            .post, "/v1/hooks", as: "ada", #"{"name":"h","channel_id":\#(direct["id"]?.integer ?? 0)}"#)
        #expect(refused.status == 422 && refused.pointer == "/channel_id")
    }

    @Test func `reserved handles are refused with their place`() async {
        let refused = await api(.post, "/v1/users", #"{"handle":"Everyone"}"#)
        #expect(refused.status == 409 && refused.code == "handle_reserved" && refused.pointer == "/handle")
    }
}
