import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Postgres
import Testing

/// What administrators do is written down, and cannot be rewritten unnoticed.
@Suite(.timeLimit(.minutes(1)))
struct AuditTests {
    private let fixture: ChatFixture
    private let tenant: ChatTenant
    private var service: ChatService { fixture.service }

    init() async throws {
        fixture = try await ChatFixture.shared()
        tenant = try await fixture.tenant()
    }

    private func records(_ action: String? = nil, actor: String? = nil) async throws -> [AuditRecord] {
        try await service.audit(
            before: nil, after: nil, action: action, actor: actor, since: nil, limit: 200, for: tenant.admin)
    }

    private func check(after number: Int64 = 0, hash: [UInt8] = []) async throws -> AuditCheck {
        try await service.checkAudit(after: number, hash: hash, for: tenant.admin)
    }

    private func update(_ id: UserID, role: User.Role? = nil, isActive: Bool? = nil, name: String? = nil) async throws {
        _ = try await service.updateUser(
            id, name: name, email: nil, role: role, isActive: isActive, password: nil, by: tenant.admin)
    }

    /// Rewrites history as the owner of the database can.
    private func tamper(_ sql: String) async throws {
        try await fixture.store.pool.withTransaction { connection in
            try await connection.execute("ALTER TABLE audit_log DISABLE TRIGGER USER")
            try await connection.execute(sql)
            try await connection.execute("ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_refuse")
            try await connection.execute("ALTER TABLE audit_log ENABLE TRIGGER audit_append")
        }
    }

    // MARK: What is written

    @Test func `every administrative act leaves a row that says who, what and where from`() async throws {
        let admin = tenant.admin.from(RequestOrigin(address: "192.0.2.7", requestID: "r-1"))
        let eve = try await tenant.person("eve")
        let channel = try await tenant.channel()
        _ = try await service.addMembers([eve.userID], role: .member, to: channel.id, by: admin)
        let hook = try await tenant.hook(to: channel)
        try await service.revokeHook(hook.hook.id, by: admin)
        let bot = try await service.createBot(handle: "helper", name: nil, by: admin)
        _ = try await service.replaceBotToken(bot.bot.id, by: admin)
        try await service.closeBot(bot.bot.id, by: admin)
        try await update(eve.userID, role: .guest)
        try await update(eve.userID, role: .guest)
        try await update(eve.userID, isActive: false)
        try await update(eve.userID, isActive: true, name: "Eve")
        let message = try await service.send(MessageDraft(channelID: channel.id, text: "x"), as: eve).message
        _ = try await service.edit(message.id, text: "y", by: eve)
        _ = try await service.delete(message.id, by: admin)
        try await service.removeMember(eve.userID, from: channel.id, by: admin)
        _ = try await service.addMembers([eve.userID], role: .moderator, to: channel.id, by: admin)
        try await service.leave(channel.id, by: eve)
        _ = try await service.updateChannel(channel.id, name: "den", topic: "t", isArchived: nil, by: admin)
        _ = try await service.updateChannel(channel.id, name: nil, topic: nil, isArchived: true, by: admin)
        _ = try await service.updateChannel(channel.id, name: nil, topic: nil, isArchived: false, by: admin)
        _ = try await service.ensurePeople([("a", "A"), ("b", "B"), ("eve", "E")], by: admin)
        _ = try await service.ensurePeople([("a", "A")], by: admin)
        let records = try await records()
        #expect(
            records.map { "\($0.action) \($0.subject)" } == [
                "user.created user:\(eve.userID)", "hook.created hook:\(hook.hook.id)",
                "hook.deleted hook:\(hook.hook.id)", "bot.created bot:\(bot.bot.id)",
                "bot.token_rotated bot:\(bot.bot.id)", "bot.deleted bot:\(bot.bot.id)",
                "user.role_changed user:\(eve.userID)", "user.closed user:\(eve.userID)",
                "user.reopened user:\(eve.userID)", "user.updated user:\(eve.userID)",
                "message.deleted message:\(message.id)", "member.removed user:\(eve.userID)",
                "member.added user:\(eve.userID)", "channel.renamed channel:\(channel.id)",
                "channel.archived channel:\(channel.id)", "channel.reopened channel:\(channel.id)",
                "user.imported app:\(tenant.app.id)",
            ])
        #expect(records.map(\.number) == Array(1...Int64(records.count)))
        let last = try #require(records.last)
        #expect(last.actor == "admin" && last.actorID == tenant.admin.userID && last.details.contains("2"))
        #expect(last.address == "192.0.2.7" && last.requestID == "r-1" && records[0].address == nil)
        for record in records {
            #expect(!record.details.contains(hook.secret) && !record.details.contains(bot.token))
        }
        #expect(try await check().number == last.number)
    }

    @Test func `what is refused or changes nothing leaves no row, and other apps have logs of their own`() async throws
    {
        let eve = try await tenant.person("eve")
        let count = try await records().count
        _ = await refusal { try await service.createBot(handle: "bot", name: nil, by: eve) }
        _ = await refusal { try await service.createBot(handle: "EVE", name: nil, by: tenant.admin) }
        _ = await refusal { try await service.replaceBotToken(eve.userID, by: tenant.admin) }
        _ = await refusal { try await service.revokeHook(999_999, by: tenant.admin) }
        try await update(tenant.admin.userID, role: .admin)
        #expect(try await records().count == count)
        let other = try await fixture.tenant()
        _ = try await other.person("eve")
        #expect(try await records().count == count)
        #expect(
            await refusal {
                try await service.audit(
                    before: nil, after: nil, action: nil, actor: nil, since: nil, limit: 1, for: eve)
            }?.code == "admin_only")
        #expect(await refusal { try await service.checkAudit(after: 0, hash: [], for: eve) }?.code == "admin_only")
    }

    @Test func `the log is paged, and filtered by action, actor and time`() async throws {
        let second = try await tenant.person("second", role: .admin)
        for number in 0..<5 { _ = try await service.createBot(handle: "b\(number)", name: nil, by: second) }
        try await update(second.userID, name: "Two")
        #expect(try await records("bot").count == 5)
        #expect(try await records("bot.created").count == 5)
        #expect(try await records("bo").isEmpty)
        #expect(try await records(actor: "SECOND").count == 5)
        #expect(try await records(actor: second.userID.description).count == 5)
        #expect(try await records("user", actor: "admin").count == 2)
        func page(before: Int64? = nil, after: Int64? = nil, since: Int64? = nil) async throws -> [Int64] {
            try await service.audit(
                before: before, after: after, action: nil, actor: nil, since: since, limit: 3, for: tenant.admin
            ).map(\.number)
        }
        #expect(try await page() == [5, 6, 7])
        #expect(try await page(before: 5) == [2, 3, 4])
        #expect(try await page(after: 0) == [1, 2, 3])
        #expect(try await page(after: 7) == [])
        let third = try #require(try await records().first { $0.number == 3 })
        #expect(try await page(after: 0, since: third.at / 1000 + 1).first ?? 4 > 3)
        #expect(try await page(after: 0, since: 0) == [1, 2, 3])
    }

    @Test func `rows that are written at once are one chain`() async throws {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask { _ = try? await service.createBot(handle: "b\(number)", name: nil, by: tenant.admin) }
            }
        }
        let check = try await check()
        #expect(check.fault == nil && check.isEnd && check.number == 40 && check.checked == 40)
        // From a row that is known, too.
        let tenth = try #require(try await records().first { $0.number == 10 })
        #expect(try await self.check(after: 10, hash: tenth.hash).checked == 30)
    }

    // MARK: What is noticed

    @Test(arguments: [
        "UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "DELETE FROM audit_log WHERE false",
        "TRUNCATE audit_log",
        "INSERT INTO audit_log SELECT * FROM audit_log ON CONFLICT (app_id, number) DO UPDATE SET actor = 'x'",
    ])
    func `the database refuses to change what was written`(sql: String) async throws {
        _ = try await tenant.person("eve")
        await #expect(throws: PostgresError.self) { try await fixture.store.pool.execute(sql) }
        #expect(try await check().fault == nil)
    }

    @Test(arguments: [
        ("UPDATE audit_log SET actor = 'mallory' WHERE number = 4", 4, AuditChain.Fault.Kind.altered),
        ("UPDATE audit_log SET details = '{}' WHERE number = 1", 1, .altered),
        ("UPDATE audit_log SET at = at + interval '1 microsecond' WHERE number = 6", 6, .altered),
        ("UPDATE audit_log SET address = '' WHERE number = 2", 2, .altered),
        ("UPDATE audit_log SET hash = sha256('x') WHERE number = 3", 3, .altered),
        ("UPDATE audit_log SET previous_hash = sha256('x') WHERE number = 3", 3, .altered),
        ("DELETE FROM audit_log WHERE number = 3", 3, .removed),
        ("DELETE FROM audit_log WHERE number = 1", 1, .removed),
        ("DELETE FROM audit_log WHERE number >= 5", 5, .removed), ("DELETE FROM audit_log WHERE true", 1, .removed),
        ("UPDATE audit_log SET number = 10 - number WHERE number IN (4, 6)", 4, .altered),
        ("UPDATE audit_heads SET hash = sha256('x') WHERE true", 6, .altered),
        ("UPDATE audit_heads SET number = 9 WHERE true", 7, .removed),
    ])
    func `the first row that was altered or removed is named`(
        sql: String, number: Int64, kind: AuditChain.Fault.Kind
    ) async throws {
        for number in 1...6 { _ = try await tenant.person("p\(number)") }
        #expect(try await check().fault == nil)
        // Numbers are changed by way of ones that are free.
        let own = "\(sql) AND app_id = \(tenant.app.id)"
        if sql.contains("SET number = 10 - number") {
            try await tamper(
                "UPDATE audit_log SET number = 100 + number WHERE number = 4 AND app_id = \(tenant.app.id)")
            try await tamper("UPDATE audit_log SET number = 4 WHERE number = 6 AND app_id = \(tenant.app.id)")
            try await tamper("UPDATE audit_log SET number = 6 WHERE number = 104 AND app_id = \(tenant.app.id)")
        } else {
            try await tamper(own)
        }
        let fault = try #require(try await check().fault)
        #expect(fault.number == number && fault.kind == kind, "\(fault)")
        #expect(try await check().number == number - 1 || kind == .altered)
    }

    @Test func `a row that was rewritten with a fitting hash is found by the next, and all of them by a kept head`()
        async throws
    {
        for number in 1...5 { _ = try await tenant.person("p\(number)") }
        let kept = try await check()
        let rehash = """
            hash = sha256(previous_hash || convert_to(audit_field(app_id::text) || audit_field(number::text)
                || audit_field((extract(epoch FROM at) * 1000000)::bigint::text) || audit_field(actor_id::text)
                || audit_field(actor) || audit_field(action) || audit_field(subject) || audit_field(details::text)
                || audit_field(address) || audit_field(request_id), 'UTF8'))
            """
        let app = tenant.app.id
        try await tamper("UPDATE audit_log SET subject = 'user:0' WHERE number = 3 AND app_id = \(app)")
        try await tamper("UPDATE audit_log SET \(rehash) WHERE number = 3 AND app_id = \(app)")
        let fault = try #require(try await check().fault)
        #expect(fault.number == 3 && fault.kind == .altered)
        // Whoever owns the database can write a whole new chain; it does not fit what somebody has noted.
        for number in 4...5 {
            try await tamper(
                """
                UPDATE audit_log SET previous_hash = (SELECT hash FROM audit_log WHERE number = \(number - 1)
                    AND app_id = \(app)) WHERE number = \(number) AND app_id = \(app)
                """)
            try await tamper("UPDATE audit_log SET \(rehash) WHERE number = \(number) AND app_id = \(app)")
        }
        try await tamper(
            "UPDATE audit_heads h SET hash = l.hash FROM audit_log l WHERE l.app_id = \(app) AND h.app_id = \(app) AND l.number = 5"
        )
        #expect(try await check().fault == nil)
        #expect(try await check(after: kept.number, hash: kept.hash).fault?.number == 5)
        _ = try await tenant.person("p6")
        #expect(try await check(after: kept.number, hash: kept.hash).fault?.number == 5)
    }
}
