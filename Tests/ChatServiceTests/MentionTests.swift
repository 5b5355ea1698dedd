import ChatModel
import ChatService
import ChatTestSupport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MentionTests {
    @Test func `the server finds who a word means, by the table that bots go by`() async throws {
        let town = try await ChatFixture.shared().town()
        for handle in MentionCase.handles { _ = try await town.person(handle) }
        for mention in MentionCase.all where mention.word.hasPrefix("@") {
            let user = try? await town.service.user(handle: mention.word, for: town.admin)
            #expect(user?.handle == mention.handle, "\(mention.word)")
        }
        // Without the sign it is a handle, and nothing is left out.
        #expect(try await town.service.user(handle: "bob", for: town.admin).handle == "bob")
        #expect(
            await refusal { try await town.service.user(handle: "bob.", for: town.admin) }?.code == "user_not_found")
    }
}
