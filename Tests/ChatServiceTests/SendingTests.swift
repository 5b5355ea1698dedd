import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SendingTests {
    private let fixture: ChatFixture
    private let tenant: ChatTenant
    private let channel: Channel
    private var service: ChatService { fixture.service }

    init() async throws {
        fixture = try await ChatFixture.shared()
        tenant = try await fixture.tenant()
        channel = try await tenant.channel()
    }

    private func draft(_ text: String, in channel: Channel? = nil, nonce: String? = nil) -> MessageDraft {
        MessageDraft(channelID: (channel ?? self.channel).id, text: text, nonce: nonce)
    }

    // MARK: Numbers and order

    @Test func `what one sender says keeps its order, whatever is large and whoever else sends`() async throws {
        let others = [try await tenant.person("ada"), try await tenant.person("bob"), tenant.admin]
        for other in others.dropLast() {
            _ = try await service.addMembers([other.userID], role: nil, to: channel.id, by: tenant.admin)
        }
        let large = String(repeating: "large ", count: 2_000)
        await withTaskGroup(of: Void.self) { group in
            for sender in others {
                group.addTask {
                    for number in 0..<60 {
                        let text = number % 7 == 3 ? "\(number) \(large)" : "\(number)"
                        await service.submit(draft(text), as: sender) { _ in }
                    }
                }
            }
        }
        await service.drain()
        let page = try await tenant.messages(in: channel)
        #expect(page.map(\.seq) == Array(1...180))
        for sender in others {
            let numbers = page.filter { $0.author.id == sender.userID }.map { Int($0.text.prefix { $0 != " " }) }
            #expect(numbers == Array(0..<60))
        }
    }

    @Test func `64 senders in 8 channels leave no gap, no repeat and no hole`() async throws {
        var channels: [Channel] = []
        for number in 0..<8 { channels.append(try await tenant.channel("c\(number)")) }
        let all = channels
        let places = try await withThrowingTaskGroup(of: [Message].self) { group in
            for sender in 0..<64 {
                group.addTask {
                    var sent: [Message] = []
                    for number in 0..<10 {
                        sent.append(
                            try await service.send(
                                draft("\(sender)/\(number)", in: all[(sender + number) % 8]), as: tenant.admin
                            ).message)
                    }
                    return sent
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(places.map(\.id)).count == 640)
        for channel in channels {
            let stored = try await tenant.messages(in: channel)
            #expect(stored.map(\.seq) == Array(1...80))
            #expect(Set(stored.map(\.id)) == Set(places.filter { $0.channelID == channel.id }.map(\.id)))
            #expect(try await service.channel(channel.id, for: tenant.admin).lastSeq == 80)
        }
    }

    @Test func `one connection's messages keep their order, whatever stands between them`() async throws {
        let (answers, continuation) = AsyncStream<(Int, Result<StoredPlace, any Error>)>.makeStream()
        for number in 0..<300 {
            // Every tenth is refused: too long, empty, or for a channel that is not there.
            var next = draft("\(number)", nonce: "n\(number)")
            if number % 30 == 10 { next.text = " " }
            if number % 30 == 20 { next.channelID = ChannelID(.max) }
            await service.submit(next, as: tenant.admin) { continuation.yield((number, $0)) }
        }
        var places: [Int: StoredPlace] = [:]
        var refused = 0
        for await (number, result) in answers {
            switch result {
            case .success(let place): places[number] = place
            case .failure: refused += 1
            }
            if places.count + refused == 300 { break }
        }
        #expect(refused == 20)
        #expect(places.sorted { $0.key < $1.key }.map(\.value.seq) == Array(1...280))
    }

    // MARK: Nonces

    @Test func `a nonce sent again, one after the other, answers with the first message`() async throws {
        let first = try await service.send(draft("one", nonce: "a"), as: tenant.admin)
        let second = try await service.send(draft("another text", nonce: "a"), as: tenant.admin)
        #expect(!first.isRepeat && second.isRepeat)
        #expect(second.message == first.message)
        _ = try await service.edit(first.message.id, text: "edited", by: tenant.admin)
        let third = try await service.send(draft("one", nonce: "a"), as: tenant.admin)
        #expect(third.isRepeat && third.message.id == first.message.id && third.message.text == "edited")
        _ = try await service.delete(first.message.id, by: tenant.admin)
        let fourth = try await service.send(draft("one", nonce: "a"), as: tenant.admin)
        #expect(fourth.isRepeat && fourth.message.id == first.message.id && fourth.message.deletedAt != nil)
        #expect(try await tenant.messages(in: channel).count == 1)
    }

    @Test func `a nonce sent many times at once, through two nodes, is one message`() async throws {
        let node = try await fixture.node()
        let services = [service, node.service]
        let answers = try await withThrowingTaskGroup(of: (Message, Bool).self) { group in
            for number in 0..<60 {
                group.addTask {
                    let sent = try await services[number % 2].send(
                        draft("\(number)", nonce: "n\(number % 3)"), as: tenant.admin)
                    return (sent.message, sent.isRepeat)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count(where: { !$0.1 }) == 3)
        #expect(Set(answers.map(\.0.id)).count == 3)
        #expect(try await tenant.messages(in: channel).map(\.seq) == [1, 2, 3])
        await node.stop()
    }

    @Test func `another author's or channel's nonce is another nonce`() async throws {
        let other = try await tenant.person("other")
        let elsewhere = try await tenant.channel("elsewhere", members: [other])
        _ = try await service.addMembers([other.userID], role: .member, to: channel.id, by: tenant.admin)
        let sent = [
            try await service.send(draft("1", nonce: "n"), as: tenant.admin),
            try await service.send(draft("2", nonce: "n"), as: other),
            try await service.send(draft("3", in: elsewhere, nonce: "n"), as: tenant.admin),
        ]
        #expect(sent.allSatisfy { !$0.isRepeat })
        #expect(Set(sent.map(\.message.id)).count == 3)
    }

    @Test(arguments: ["", String(repeating: "n", count: 129), "a\0b"])
    func `a nonce that cannot be kept is refused`(nonce: String) async throws {
        #expect(
            await refusal { try await service.send(draft("x", nonce: nonce), as: tenant.admin) }?.pointer == "/nonce")
    }

    // MARK: What cannot be stored

    @Test func `what one message cannot be does not touch those beside it`() async throws {
        // Each is refused at another place: by the checks, by the encoder, by the database.
        let poison: [MessageDraft] = [
            draft("a\0b"), draft(""), draft(String(repeating: "x", count: 16_001)),
            MessageDraft(channelID: channel.id, text: "x", content: .object(["a": .string("\0")])),
            MessageDraft(channelID: channel.id, text: "x", content: .object(["a\0": .null])),
            MessageDraft(channelID: channel.id, text: "x", content: .string(String(repeating: "x", count: 70_000))),
            MessageDraft(channelID: channel.id, text: "x", authorName: "a\0b"),
            MessageDraft(channelID: channel.id, text: "x", hops: 9),
            MessageDraft(channelID: channel.id, text: "x", threadRootID: MessageID(.max)),
            // In the year 294277, which is beyond PostgreSQL's times.
            MessageDraft(channelID: channel.id, text: "x", at: 9_224_318_016_000_000),
        ]
        await withTaskGroup(of: Void.self) { group in
            for (number, bad) in poison.enumerated() {
                group.addTask {
                    await #expect(throws: (any Error).self, "\(number)") {
                        try await service.send(bad, as: tenant.admin)
                    }
                }
                group.addTask {
                    await #expect(throws: Never.self) { try await service.send(draft("good"), as: tenant.admin) }
                }
            }
        }
        #expect(try await tenant.messages(in: channel).map(\.seq) == Array(1...10))
        #expect(try await tenant.messages(in: channel).allSatisfy { $0.text == "good" })
    }

    @Test func `the longest text is stored as it is, scalars counted`() async throws {
        let text = String(repeating: "😀", count: 16_000)
        let sent = try await service.send(draft(text), as: tenant.admin).message
        #expect(try await service.message(sent.id, for: tenant.admin).text == text)
        #expect(
            await refusal { try await service.send(draft(text + "x"), as: tenant.admin) }?.pointer == "/text")
        #expect(await refusal { try await service.send(draft(" \n\u{3000}"), as: tenant.admin) }?.pointer == "/text")
    }

    @Test func `content is stored as it is and alone is a message`() async throws {
        let content = JSONValue.object([
            "blocks": .array([.object(["type": .string("divider"), "n": .number(1.5), "big": .integer(.max)])])
        ])
        let sent = try await service.send(
            MessageDraft(channelID: channel.id, text: "", content: content), as: tenant.admin
        ).message
        #expect(sent.content == content)
        #expect(try await service.message(sent.id, for: tenant.admin) == sent)
        // Changing it goes through the database's own idea of JSON.
        #expect(try await service.edit(sent.id, text: "now with text", by: tenant.admin).content == content)
    }

    // MARK: Where it may be said

    @Test func `a thread's answer belongs to the root, in the root's channel only`() async throws {
        let elsewhere = try await tenant.channel("elsewhere")
        let root = try await service.send(draft("root"), as: tenant.admin).message
        var answer = draft("answer")
        answer.threadRootID = root.id
        let first = try await service.send(answer, as: tenant.admin).message
        #expect(first.threadRootID == root.id)
        answer.threadRootID = first.id
        #expect(try await service.send(answer, as: tenant.admin).message.threadRootID == root.id)
        #expect(try await service.message(root.id, for: tenant.admin).replyCount == 2)
        let replies = try await service.replies(to: root.id, after: 0, limit: 10, for: tenant.admin)
        #expect(replies.map(\.text) == ["answer", "answer"])
        answer.channelID = elsewhere.id
        #expect(await refusal { try await service.send(answer, as: tenant.admin) }?.pointer == "/thread_root_id")
    }

    @Test func `who is not a member, or a guest, or late, is told the right thing`() async throws {
        let member = try await tenant.person("member")
        let guest = try await tenant.person("guest", role: .guest)
        let secret = try await tenant.channel("secret", kind: .private)
        func code(_ channel: Channel, _ principal: Principal) async -> String? {
            await refusal { try await service.send(draft("x", in: channel), as: principal) }?.code
        }
        #expect(await code(channel, member) == "not_a_member")
        #expect(await code(channel, guest) == "channel_not_found")
        #expect(await code(secret, member) == "channel_not_found")
        _ = try await service.addMembers([member.userID], role: .member, to: secret.id, by: tenant.admin)
        _ = try await service.send(draft("x", in: secret), as: member)
        try await service.removeMember(member.userID, from: secret.id, by: tenant.admin)
        #expect(await code(secret, member) == "channel_not_found")
        _ = try await service.updateChannel(secret.id, name: nil, topic: nil, isArchived: true, by: tenant.admin)
        #expect(await code(secret, tenant.admin) == "channel_is_archived")
        #expect(
            await refusal {
                try await service.addMembers([member.userID], role: .member, to: secret.id, by: tenant.admin)
            }?.code == "channel_is_archived")
        #expect(try await tenant.messages(in: secret).count == 1)
    }

    @Test func `a membership that another node takes away ends here too`() async throws {
        let node = try await fixture.node()
        let member = try await tenant.person("member")
        let secret = try await tenant.channel("secret", kind: .private, members: [member])
        _ = try await service.send(draft("x", in: secret), as: member)
        try await node.service.removeMember(member.userID, from: secret.id, by: tenant.admin)
        try await fixture.settle()
        #expect(
            await refusal { try await service.send(draft("x", in: secret), as: member) }?.code == "channel_not_found")
        await node.stop()
    }

    @Test func `only administrators speak as others and at other times`() async throws {
        let member = try await tenant.person("member")
        _ = try await service.addMembers([member.userID], role: .member, to: channel.id, by: tenant.admin)
        var asOther = draft("as the administrator")
        asOther.authorID = tenant.admin.userID
        #expect(await refusal { try await service.send(asOther, as: member) }?.code == "admin_only")
        var early = draft("early")
        early.at = 0
        #expect(await refusal { try await service.send(early, as: member) }?.code == "admin_only")
        var system = draft("system")
        system.kind = .system
        #expect(await refusal { try await service.send(system, as: member) }?.code == "admin_only")
        asOther.authorID = member.userID
        asOther.at = 1_000_000_000_000
        let sent = try await service.send(asOther, as: tenant.admin).message
        #expect(sent.author.id == member.userID && sent.createdAt == "2001-09-09T01:46:40.000Z")
    }

    @Test func `a flood is told when to come back, and administrators may flood`() async throws {
        let fixture = try await ChatFixture(configuration: ChatConfiguration(sendsPerSecond: 1))
        let tenant = try await fixture.tenant()
        let member = try await tenant.person("member")
        let channel = try await tenant.channel(members: [member])
        for number in 0..<10 {
            _ = try await fixture.service.send(draft("\(number)", in: channel), as: member)
        }
        // One more passes each second, however slow this machine is.
        var error: ChatError?
        for number in 10..<1000 where error == nil {
            error = await refusal { try await fixture.service.send(draft("\(number)", in: channel), as: member) }
        }
        #expect(error?.code == "rate_limited")
        #expect(error?.retryAfter.map { $0 > .zero && $0 <= .seconds(10) } == true)
        for number in 0..<20 { _ = try await fixture.service.send(draft("\(number)", in: channel), as: tenant.admin) }
        await fixture.stop()
    }

    @Test func `reactions count once each, up to the limit of kinds`() async throws {
        let message = try await service.send(draft("react"), as: tenant.admin).message
        for _ in 0..<2 { try await service.react("👍", to: message.id, isOn: true, by: tenant.admin) }
        let member = try await tenant.person("member")
        #expect(
            await refusal { try await service.react("👍", to: message.id, isOn: true, by: member) }?.code
                == "not_a_member")
        _ = try await service.addMembers([member.userID], role: .member, to: channel.id, by: tenant.admin)
        try await service.react("👍", to: message.id, isOn: true, by: member)
        #expect(
            try await service.message(message.id, for: member).reactions == [ReactionCount(emoji: "👍", count: 2)])
        for _ in 0..<2 { try await service.react("👍", to: message.id, isOn: false, by: tenant.admin) }
        func face(_ number: UInt32) -> String { String(Unicode.Scalar(0x1F600 + number)!) }
        for number in 1..<64 { try await service.react(face(UInt32(number)), to: message.id, isOn: true, by: member) }
        #expect(
            await refusal { try await service.react(face(64), to: message.id, isOn: true, by: member) }?.code
                == "too_many_reactions")
        try await service.react(face(63), to: message.id, isOn: true, by: tenant.admin)
        #expect(try await service.message(message.id, for: member).reactions.count == 64)
        for emoji in ["", " ", "a b", "a\0", "hello", "👍👎", "\u{200B}", String(repeating: "x", count: 65)] {
            #expect(
                await refusal { try await service.react(emoji, to: message.id, isOn: true, by: member) }?.pointer
                    == "/emoji")
        }
    }

    @Test func `read positions go forward only and never past the end`() async throws {
        let member = try await tenant.person("member")
        _ = try await service.addMembers([member.userID], role: .member, to: channel.id, by: tenant.admin)
        for number in 0..<5 { _ = try await service.send(draft("\(number)"), as: tenant.admin) }
        func read(_ seq: Int64) async throws -> [Int64] {
            let position = try await service.markRead(channel.id, upTo: seq, by: member)
            return [position.readSeq, position.unreadCount]
        }
        #expect(try await read(0) == [0, 5])
        #expect(try await read(3) == [3, 2])
        #expect(try await read(1) == [3, 2])
        #expect(try await read(.max) == [5, 0])
        #expect(try await service.channel(channel.id, for: member).membership?.unreadCount == 0)
        #expect(await refusal { try await service.markRead(channel.id, upTo: -1, by: member) }?.pointer == "/seq")
    }

    @Test func `the own words are never unread`() async throws {
        let tenant = try await ChatFixture.shared().tenant()
        let service = tenant.service
        let (ada, bob) = (try await tenant.person("ada"), try await tenant.person("bob"))
        let channel = try await tenant.channel(members: [ada, bob])
        func say(_ text: String, as person: Principal) async throws {
            _ = try await service.send(MessageDraft(channelID: channel.id, text: text), as: person)
        }
        func unread(_ person: Principal) async throws -> Int64? {
            try await service.channel(channel.id, for: person).membership?.unreadCount
        }
        try await say("one", as: ada)
        try await say("two", as: ada)
        #expect(try await unread(ada) == 0)
        #expect(try await unread(bob) == 2)
        try await say("three", as: bob)
        #expect(try await unread(bob) == 2)
        #expect(try await unread(ada) == 1)
        try await say("four", as: ada)
        #expect(try await service.markRead(channel.id, upTo: 1, by: bob).unreadCount == 2)
        #expect(try await service.markRead(channel.id, upTo: 1, by: bob).unreadCount == 2)
        #expect(try await service.markRead(channel.id, upTo: 3, by: ada).unreadCount == 0)
    }
}
