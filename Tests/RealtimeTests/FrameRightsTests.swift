import ChatModel
import ChatService
import ChatTestSupport
import Testing

/// Every op of the WebSocket for people, asked by everybody.
@Suite(.timeLimit(.minutes(1)))
struct FrameRightsTests {
    private enum Asker: String, CaseIterable {
        case outsider, removed, guestOutside, visitor, guest, member, moderator, owner, admin, adminMember
    }

    private static let everybody = Set(Asker.allCases)
    private static let members: Set<Asker> = [.guest, .member, .moderator, .owner, .adminMember]

    /// The ops, what is sent, and who may; `start` is what all have done, and those who may not are below.
    private static let rows: [(op: String, frame: String, who: Set<Asker>)] = [
        ("send", #""channel_id":CHANNEL,"text":"x""#, members),
        ("send", #""channel_id":CHANNEL,"text":"x","thread_root_id":ROOT"#, members),
        ("send", #""channel_id":CHANNEL,"text":"x","as":BOSS"#, [.admin, .adminMember]),
        ("read", #""channel_id":CHANNEL,"seq":1"#, members), ("delivered", #""channel_id":CHANNEL,"seq":1"#, members),
        ("typing", #""channel_id":CHANNEL"#, members), ("presence", #""users":[]"#, everybody),
        ("auth", #""token":"TOKEN""#, everybody), ("ping", #""n":1"#, everybody),
    ]

    @Test func `who may is answered, and everybody else refused, at every op`() async throws {
        let realtime = try await RealtimeServer.shared()
        let tenant = try await realtime.fixture.tenant()
        let service = tenant.service
        let boss = try await tenant.person("boss")
        var cells = 0
        var refusals = 0
        for asker in Asker.allCases {
            let name = "the-\(asker.rawValue.lowercased())"
            let role: User.Role =
                switch asker {
                case .guest, .guestOutside: .guest
                case .admin, .adminMember: .admin
                default: .member
                }
            let session = try await tenant.session(name, role: role)
            let channel = try await service.createChannel(
                kind: asker == .visitor ? .public : .private, name: name, topic: nil, members: [], by: boss)
            let root = try await service.send(MessageDraft(channelID: channel.id, text: "root"), as: boss).message
            if Self.members.contains(asker) || asker == .removed {
                let standing: Membership.Role =
                    asker == .owner ? .owner : asker == .moderator ? .moderator : .member
                _ = try await service.addMembers([session.user.id], role: standing, to: channel.id, by: boss)
            }
            if asker == .removed { try await service.removeMember(session.user.id, from: channel.id, by: boss) }
            let client = try await realtime.started(session.accessToken)
            for row in Self.rows {
                let frame = row.frame.replacing("CHANNEL", with: "\(channel.id)").replacing("ROOT", with: "\(root.id)")
                    .replacing("BOSS", with: "\(boss.userID)").replacing("TOKEN", with: session.accessToken)
                client.send(#"{"op":"\#(row.op)","id":"1",\#(frame)}"#)
                // What has no answer of its own is followed by a question that has.
                if row.op != "send" { client.send(#"{"op":"ping","n":2}"#) }
                let answer = try await client.next(row.op == "send" ? "sent" : "pong", "error")
                if row.op != "send", answer["op"] == "error" { _ = try await client.next("pong") }
                if row.op == "ping" { _ = try await client.next("pong") }
                let isRefused = answer["op"] == "error"
                cells += 1
                refusals += isRefused ? 1 : 0
                #expect(isRefused != row.who.contains(asker), "\(asker) \(row.op) \(frame): \(answer)")
                if isRefused {
                    #expect([403, 404].contains(answer["problem"]?["status"]?.integer ?? 0), "\(answer)")
                }
            }
            client.close()
        }
        print(
            "rights of frames: \(Self.rows.count) lines, \(Asker.allCases.count) askers, \(cells) cells, \(refusals) refusals"
        )
    }

    @Test func `every op is in the table, and nothing is answered before the start`() async throws {
        let realtime = try await RealtimeServer.shared()
        let tenant = try await realtime.fixture.tenant()
        let bot = try await tenant.service.createBot(handle: "bot", name: nil, by: tenant.admin)
        let client = try await realtime.connect()
        for row in Self.rows where row.op != "ping" {
            client.send(#"{"op":"\#(row.op)"}"#)
            #expect(try await client.next("error")["problem"]?["code"]?.string == "not_started", "\(row.op)")
        }
        client.send(#"{"op":"start","token":"mbt_x"}"#)
        #expect(try await client.next("error")["problem"]?["status"]?.integer == 401)
        client.send(#"{"op":"start","token":"\#(bot.token)"}"#)
        _ = try await client.next("ready")
        // The refusal of what there is not names what there is.
        client.send(#"{"op":"fly"}"#)
        let detail = try #require(try await client.next("error")["problem"]?["detail"]?.string)
        let named = try #require(detail.split(separator: "there are ").last?.dropLast().split(separator: ", "))
        #expect(Set(named.map(String.init)) == Set(Self.rows.map(\.op)).union(["start"]))
        client.close()
        try await tenant.service.closeBot(bot.bot.id, by: tenant.admin)
        let closed = try await realtime.connect()
        closed.send(#"{"op":"start","token":"\#(bot.token)"}"#)
        #expect(try await closed.next("error")["problem"]?["status"]?.integer == 401)
        closed.close()
    }
}
