import ChatModel
import ChatService
import ChatTestSupport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MentionedHandleTests {
    @Test func `the server finds who a word means, by the table that bots go by`() async throws {
        let tenant = try await ChatFixture.shared().tenant()
        for handle in MentionCase.handles { _ = try await tenant.person(handle) }
        for mention in MentionCase.all where mention.word.hasPrefix("@") {
            let user = try? await tenant.service.user(handle: mention.word, for: tenant.admin)
            #expect(user?.handle == mention.handle, "\(mention.word)")
        }
        // Without the sign it is a handle, and nothing is left out.
        #expect(try await tenant.service.user(handle: "bob", for: tenant.admin).handle == "bob")
        #expect(
            await refusal { try await tenant.service.user(handle: "bob.", for: tenant.admin) }?.code == "user_not_found"
        )
    }
}
