import ChatModel
import ChatService
import ChatTestSupport
import Postgres
import Testing

@testable import ChatStore

/// What was stored before names and emoji had one form is brought into it.
@Suite(.timeLimit(.minutes(1)))
struct OneFormTests {
    @Test func `stored reactions and names get their one form, and nobody loses one`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await fixture.tenant()
        let eve = try await tenant.person("eve")
        let channel = try await tenant.channel(members: [eve])
        let message = try await tenant.service.send(MessageDraft(channelID: channel.id, text: "x"), as: eve).message
        let pool = fixture.store.pool
        for (user, emoji) in [
            (eve, "thumbsup"), (eve, "👍"), (tenant.admin, ":+1:"), (eve, "❤"), (tenant.admin, "❤\u{FE0F}"),
            (eve, "man-shrugging"),
            (eve, "done"), (eve, "-1"),
        ] {
            try await pool.execute(
                "INSERT INTO reactions (message_id, user_id, emoji, app_id) VALUES ($1, $2, $3, $4)",
                message.id.rawValue, user.userID.rawValue, emoji, tenant.app.id.rawValue)
        }
        // Two forms of one name beside each other, and one that stands alone.
        for handle in ["Sta\u{30A}le", "St\u{E5}le", "ﬁsh"] {
            try await pool.execute(
                "INSERT INTO users (app_id, kind, handle, name, role) VALUES ($1, 'person', $2, 'x', 'member')",
                tenant.app.id.rawValue, handle)
        }
        try await pool.withConnection { connection in
            try await connection.script(
                "DROP TRIGGER bound_channels_of_user ON channel_members; DROP FUNCTION bound_channels_of_user;")
            for step in Migration.bounds.steps {
                guard case .transaction(let sql) = step else {
                    Issue.record("the forms are changed in transactions")
                    continue
                }
                try await connection.script(sql)
            }
        }
        let reactions = try await fixture.store.message(message.id, in: tenant.app.id)?.reactions ?? []
        let counts = Dictionary(uniqueKeysWithValues: reactions.map { (Array($0.emoji.utf8), $0.count) })
        let expected = [("👍", 2), ("❤\u{FE0F}", 2), ("🤷\u{200D}♂\u{FE0F}", 1), ("done", 1), ("👎", 1)]
        #expect(counts == Dictionary(uniqueKeysWithValues: expected.map { (Array($0.0.utf8), $0.1) }))
        #expect(try await fixture.store.user(handle: "fish", in: tenant.app.id) != nil)
        #expect(try await fixture.store.user(handle: "st\u{E5}le", in: tenant.app.id) != nil)
        await fixture.stop()
    }
}
