import ChatModel
import ChatService
import ChatTestSupport
import Testing

@testable import ChatStore

@Suite(.timeLimit(.minutes(1)))
struct LookAlikeTests {
    private let tenant: ChatTenant

    init() async throws { tenant = try await ChatFixture.shared().tenant() }

    @Test(arguments: [
        ("paypal", "раураl"), ("linda", "Iinda"), ("user1", "userl"), ("modern", "modem"), ("scope", "ѕсоре"),
        ("o0", "oo"),
    ])
    func `a handle that looks like one that is taken is refused, and so is a channel's name`(
        taken: String, alike: String
    ) async throws {
        _ = try await tenant.person(taken)
        let error = await refusal { try await tenant.person(alike) }
        #expect(error?.code == "handle_taken" && error?.pointer == "/handle")
        let bot = await refusal { try await tenant.service.createBot(handle: alike, name: nil, by: tenant.admin) }
        #expect(bot?.code == "handle_taken")
        // What is shown may repeat.
        _ = try await tenant.service.createUser(
            handle: "other", name: alike, email: nil, password: nil, role: .member, by: tenant.admin)
        _ = try await tenant.channel(taken)
        #expect(await refusal { try await tenant.channel(alike) }?.code == "name_taken")
        let other = try await tenant.channel("other")
        let renamed = await refusal {
            try await tenant.service.updateChannel(other.id, name: alike, topic: nil, isArchived: nil, by: tenant.admin)
        }
        #expect(renamed?.code == "name_taken")
        // An app of its own has names of its own.
        _ = try await (try await ChatFixture.shared().tenant()).person(alike)
    }

    @Test func `a name that many were made with is taken like any other`() async throws {
        _ = try await tenant.service.ensurePeople([("paypal", "P"), ("linda", "L")], by: tenant.admin)
        for alike in ["раураl", "Iinda"] {
            #expect(await refusal { try await tenant.person(alike) }?.code == "handle_taken")
        }
    }

    @Test func `two that look alike already stay when skeletons are filled, and a third is refused`() async throws {
        let store = tenant.fixture.store
        _ = try await store.ensurePeople(
            [("elder", "a"), ("еldеr", "b")], in: tenant.app.id, by: tenant.admin.auditActor)
        try await store.fillSkeletons()
        #expect(await refusal { try await tenant.person("eldеr") }?.code == "handle_taken")
        // Nothing is left to do the second time.
        try await store.fillSkeletons()
        #expect(try await store.user(handle: "еldеr", in: tenant.app.id) != nil)
    }
}
