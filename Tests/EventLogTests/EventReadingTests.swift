import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventLog
import EventLoop
import Foundation
import Postgres
import TestSupport
import Testing

/// What holds for readers and for subscriptions alike.
@Suite(.timeLimit(.minutes(1)))
struct EventReadingTests {
    private let fixture: ChatFixture
    private let tenant: ChatTenant
    private let channel: Channel

    init() async throws {
        fixture = try await ChatFixture.shared()
        tenant = try await fixture.tenant()
        channel = try await tenant.channel()
        try await fixture.settle()
    }

    private func send(_ count: Int, to channel: Channel? = nil) async {
        let id = (channel ?? self.channel).id
        let (answers, continuation) = AsyncStream<Bool>.makeStream()
        for number in 0..<count {
            await tenant.service.submit(MessageDraft(channelID: id, text: "\(number)"), as: tenant.admin) { result in
                continuation.yield((try? result.get()) != nil)
            }
        }
        var answered = 0
        for await isStored in answers {
            #expect(isStored)
            answered += 1
            if answered == count { break }
        }
    }

    private func reader(
        _ principal: Principal, after cursor: Cursor?, types: [EventType]? = nil
    ) async throws -> EventReader {
        try await fixture.log.reader(user: principal.userID, app: tenant.app.id, after: cursor, types: types)
    }

    private func cursors() async throws -> [Cursor] {
        try await fixture.store.events(
            after: .beginning, for: tenant.admin.userID, channels: [channel.id], app: tenant.app.id, types: nil,
            limit: 10_000
        ).map(\.cursor)
    }

    // MARK: EventReader

    @Test func `a reader that goes on from any cursor gets exactly what is behind it`() async throws {
        await send(60)
        try await fixture.settle()
        let all = try await cursors()
        for (index, cursor) in ([.beginning] + all).enumerated() where index % 7 == 0 {
            let reader = try await reader(tenant.admin, after: cursor)
            var read: [Cursor] = []
            while read.count < all.count - index {
                read += try await reader.available(limit: 5).map(\.cursor)
            }
            #expect(read == Array(all[index...]))
            #expect(try await reader.available(limit: 5).isEmpty)
        }
    }

    @Test func `a reader from the beginning catches up with 5,000 messages that are being written`() async throws {
        async let writing: Void = send(5000)
        let reader = try await reader(tenant.admin, after: .beginning, types: [.messageCreated])
        var seqs: [Int64] = []
        while seqs.count < 5000 { seqs += try await reader.next(limit: 200).compactMap(seq) }
        await writing
        #expect(seqs == Array(1...5000))
    }

    @Test func `a reader's answers follow its membership, and tell of its end`() async throws {
        let member = try await tenant.person("eve")
        let secret = try await tenant.channel("secret", kind: .private)
        await send(3, to: secret)
        try await fixture.settle()
        let start = fixture.hub.position
        _ = try await tenant.service.addMembers([member.userID], role: .member, to: secret.id, by: tenant.admin)
        await send(2, to: secret)
        try await tenant.service.removeMember(member.userID, from: secret.id, by: tenant.admin)
        await send(2, to: secret)
        _ = try await tenant.service.addMembers([member.userID], role: .member, to: secret.id, by: tenant.admin)
        await send(1, to: secret)
        try await tenant.service.removeMember(member.userID, from: secret.id, by: tenant.admin)
        await send(1, to: secret)
        try await fixture.settle()
        let told: [EventType] = [
            .memberAdded, .messageCreated, .messageCreated, .memberRemoved, .memberAdded, .messageCreated,
            .memberRemoved,
        ]
        let reader = try await reader(member, after: start)
        var read: [EventType] = []
        while let more = try await Optional(reader.available(limit: 100)), !more.isEmpty { read += more.map(\.type) }
        #expect(read == told)
        let filtered = try await self.reader(member, after: start, types: [.messageCreated])
        var seqs: [Int64] = []
        while let more = try await Optional(filtered.available(limit: 1)), !more.isEmpty {
            seqs += more.compactMap(seq)
        }
        #expect(seqs == [4, 5, 8])
        // The same from the database, page by page: a hub that begins now remembers nothing of it.
        let node = try await fixture.node()
        let old = try await EventReader.open(
            store: node.store, hub: node.hub, user: member.userID, app: tenant.app.id, after: start, types: nil)
        var types: [EventType] = []
        while let more = try await Optional(old.available(limit: 2)), !more.isEmpty { types += more.map(\.type) }
        #expect(types == told)
        await node.stop()
    }

    @Test func `events for one user go to that user only`() async throws {
        let other = try await tenant.person("other")
        _ = try await tenant.service.addMembers([other.userID], role: .member, to: channel.id, by: tenant.admin)
        await send(2)
        let readers = [
            try await reader(tenant.admin, after: nil, types: [.readUpdated]),
            try await reader(other, after: nil, types: [.readUpdated]),
        ]
        _ = try await tenant.service.markRead(channel.id, upTo: 1, by: other)
        #expect(try await readers[1].next(limit: 10).map(\.audienceID) == [other.userID])
        #expect(try await readers[0].available(limit: 10).isEmpty)
    }

    /// How the events of administrators come to somebody: read from memory, from the database, or pushed.
    enum Way: CaseIterable { case memory, database, live }

    private func event(_ marker: String) async throws {
        try await fixture.store.insertBridgeEvent(
            .bridgeStarted, data: #"{"bridge":"\#(marker)","kind":"k","node":"n"}"#, hops: 0, in: tenant.app.id)
    }

    @Test(arguments: Way.allCases)
    func `events for administrators go to administrators, as long as they are`(way: Way) async throws {
        let member = try await tenant.person("member")
        let deputy = try await tenant.person("deputy", role: .admin)
        let stranger = try await fixture.tenant().admin
        try await fixture.settle()
        let start = fixture.hub.position
        let people = [tenant.admin, member, deputy, stranger]
        var collectors: [Collector] = []
        if way == .live {
            for person in people {
                let collector = Collector()
                let (subscription, position) = try await fixture.log.subscription(
                    user: person.userID, app: person.appID, receiver: collector, loop: fixture.group.next())
                let loop = subscription.loop
                try await Task(executorPreference: loop) { try await subscription.run(after: position) }.value
                collectors.append(collector)
            }
        }
        var readers: [EventReader] = []
        if way == .memory {
            // Opened before the roles change: they have to follow them.
            for person in people {
                readers.append(
                    try await fixture.log.reader(
                        user: person.userID, app: person.appID, after: start, types: [.bridgeStarted]))
            }
        }
        func setRole(_ person: Principal, _ role: User.Role) async throws {
            _ = try await tenant.service.updateUser(
                person.userID, name: nil, email: nil, role: role, isActive: nil, password: nil, by: tenant.admin)
        }
        try await event("one")
        try await setRole(deputy, .member)
        try await setRole(member, .admin)
        try await event("two")
        _ = try await tenant.service.updateUser(
            member.userID, name: "Another", email: nil, role: nil, isActive: nil, password: nil, by: member)
        try await event("three")
        _ = try await tenant.person("marker")
        try await fixture.settle()
        // A node that begins now has nothing in memory, and reads the roles as they are.
        let node = way == .database ? try await fixture.node() : nil
        if let node {
            for person in people {
                readers.append(
                    try await EventReader.open(
                        store: node.store, hub: node.hub, user: person.userID, app: person.appID, after: start,
                        types: [.bridgeStarted]))
            }
        }
        var got: [[String]] = []
        for index in people.indices {
            var records: [EventRecord] = []
            if way == .live {
                let isStranger = people[index] == stranger
                try await eventually("the last event arrives") {
                    isStranger || collectors[index].records.last?.type == .userCreated
                }
                records = collectors[index].records.filter { $0.type == .bridgeStarted }
            } else {
                while let more = try await Optional(readers[index].available(limit: 1)), !more.isEmpty {
                    records += more
                }
            }
            got.append(
                try records.map {
                    try JSONDecoder().decode(JSONValue.self, from: Data($0.data.utf8))["bridge"]?.string ?? ""
                })
        }
        // Of the past, everybody sees what the present role allows.
        let past = way == .database
        #expect(
            got == [
                ["one", "two", "three"], past ? ["one", "two", "three"] : ["two", "three"], past ? [] : ["one"], [],
            ])
        await node?.stop()
    }

    @Test func `everything in the app is for administrators who ask for it`() async throws {
        let member = try await tenant.person("member")
        let secret = try await tenant.channel("secret", kind: .private, members: [member])
        _ = try await tenant.service.setRole(.owner, of: member.userID, in: secret.id, by: tenant.admin)
        try await tenant.service.leave(secret.id, by: tenant.admin)
        _ = try await tenant.service.send(MessageDraft(channelID: secret.id, text: "psst"), as: member)
        _ = try await tenant.service.markRead(secret.id, upTo: 1, by: member)
        try await fixture.settle()
        for person in [tenant.admin, member] {
            let reader = try await fixture.log.reader(
                user: person.userID, app: tenant.app.id, after: .beginning, types: nil, isEverything: true)
            var types: Set<EventType> = []
            while let more = try await Optional(reader.available(limit: 100)), !more.isEmpty {
                #expect(more.allSatisfy { $0.appID == tenant.app.id })
                types.formUnion(more.filter { $0.actorID == member.userID }.map(\.type))
            }
            #expect(types.isSuperset(of: [.messageCreated, .readUpdated]))
            let own = try await self.reader(person, after: .beginning)
            var seesMessage = false
            while let more = try await Optional(own.available(limit: 100)), !more.isEmpty {
                seesMessage = seesMessage || more.contains { $0.type == .messageCreated }
            }
            #expect(seesMessage == (person == member))
        }
        // A member who asks for everything gets its own.
        let flagged = try await fixture.log.reader(
            user: member.userID, app: tenant.app.id, after: .beginning, types: [.bridgeStarted], isEverything: true)
        try await event("hidden")
        try await fixture.settle()
        #expect(try await flagged.available(limit: 10).isEmpty)
    }

    @Test func `events of another app are never read`() async throws {
        let foreign = try await fixture.tenant()
        let reader = try await fixture.log.reader(
            user: foreign.admin.userID, app: foreign.app.id, after: .beginning, types: nil)
        await send(3)
        _ = try await foreign.channel()
        try await fixture.settle()
        let read = try await reader.available(limit: 1000)
        #expect(read.allSatisfy { $0.appID == foreign.app.id })
        #expect(read.map(\.type) == [.userCreated, .channelCreated, .memberAdded])
    }

    @Test func `a wait without an event ends empty, and a cancelled one ends at once`() async throws {
        let reader = try await reader(tenant.admin, after: nil)
        #expect(try await reader.next(limit: 1, within: .milliseconds(1)).isEmpty)
        let (fixture, tenant) = (fixture, tenant)
        let waiting = Task {
            let reader = try await fixture.log.reader(
                user: tenant.admin.userID, app: tenant.app.id, after: nil, types: nil)
            return try await reader.next(limit: 1, within: .seconds(3600))
        }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test func `a cursor from before the retention time is a gap`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await fixture.tenant()
        try await fixture.store.pool.execute("INSERT INTO settings VALUES ('trimmed_up_to', '500-1')")
        await #expect(throws: EventGap.self) {
            _ = try await fixture.log.reader(
                user: tenant.admin.userID, app: tenant.app.id, after: Cursor(transaction: 500, row: 0), types: nil)
        }
        let loop = fixture.group.next()
        let (subscription, _) = try await fixture.log.subscription(
            user: tenant.admin.userID, app: tenant.app.id, receiver: Collector(), loop: loop)
        await #expect(throws: EventGap.self) {
            try await Task(executorPreference: loop) { try await subscription.run(after: .beginning) }.value
        }
        await fixture.stop()
    }

    // MARK: EventSubscription

    private func subscribe(
        _ principal: Principal, after cursor: Cursor?, _ collector: Collector, node: ChatNode? = nil,
        on loop: EventLoop? = nil
    ) async throws -> (EventSubscription, EventLoop, Task<Void, any Error>) {
        let loop = loop ?? fixture.group.next()
        let log = node?.log ?? fixture.log
        let (subscription, position) = try await log.subscription(
            user: principal.userID, app: tenant.app.id, receiver: collector, loop: loop)
        // Ends when the subscription is live or closed.
        let running = Task(executorPreference: loop) { try await subscription.run(after: cursor ?? position) }
        return (subscription, loop, running)
    }

    @Test(arguments: [false, true])
    func `a subscription goes from history to live without a gap or a repeat`(isFromDatabase: Bool) async throws {
        await send(500)
        try await fixture.settle()
        // A node that begins now has nothing in memory: everything up to here comes from the database.
        let node = isFromDatabase ? try await fixture.node() : nil
        let collector = Collector()
        async let writing: Void = send(2500)
        let (subscription, loop, running) = try await subscribe(tenant.admin, after: .beginning, collector, node: node)
        await writing
        try await running.value
        await send(20)
        try await eventually("all 3,020 messages arrive", within: .seconds(30)) {
            collector.records.count(where: { $0.type == .messageCreated }) >= 3020
        }
        #expect(collector.records.compactMap(seq) == Array(1...3020))
        #expect(collector.records.map(\.cursor) == collector.records.map(\.cursor).sorted())
        loop.execute { subscription.close() }
        await node?.stop()
    }

    @Test func `a slow receiver is not given more history than it takes`() async throws {
        await send(600)
        try await fixture.settle()
        let collector = Collector(capacity: 50)
        let (subscription, loop, running) = try await subscribe(tenant.admin, after: .beginning, collector)
        try await eventually("all of it arrives") {
            collector.take()
            return collector.records.count(where: { $0.type == .messageCreated }) == 600
        }
        collector.take()
        try await running.value
        #expect(collector.records.compactMap(seq) == Array(1...600))
        #expect(collector.mostWaiting == 50)
        loop.execute { subscription.close() }
    }

    @Test func `a closed subscription delivers nothing and its history ends`() async throws {
        await send(100)
        // What is not settled yet would come live, whether the receiver is full or not.
        try await fixture.settle()
        let collector = Collector(capacity: 10)
        let (subscription, loop, running) = try await subscribe(tenant.admin, after: .beginning, collector)
        try await eventually("it is full") { collector.isCongested }
        loop.execute { subscription.close() }
        try await running.value
        let count = collector.records.count
        collector.take()
        await send(5)
        try await fixture.settle()
        #expect(collector.records.count == count)
    }

    @Test func `a live subscription follows its membership, and tells of its end`() async throws {
        let member = try await tenant.person("mallory")
        let secret = try await tenant.channel("secret", kind: .private)
        try await fixture.settle()
        let collector = Collector()
        let (subscription, loop, running) = try await subscribe(member, after: nil, collector)
        try await running.value
        await send(1, to: secret)
        _ = try await tenant.service.addMembers([member.userID], role: .member, to: secret.id, by: tenant.admin)
        await send(2, to: secret)
        try await tenant.service.removeMember(member.userID, from: secret.id, by: tenant.admin)
        await send(1, to: secret)
        _ = try await tenant.person("marker")
        try await eventually("the last event arrives") { collector.records.last?.type == .userCreated }
        let own = collector.records.drop { $0.type != .memberAdded }
        #expect(
            own.map(\.type) == [.memberAdded, .messageCreated, .messageCreated, .memberRemoved, .userCreated])
        #expect(own.compactMap(seq) == [2, 3])
        loop.execute { subscription.close() }
    }

    @Test func `each of one user's connections is told until it ends, whichever ends first`() async throws {
        let loop = fixture.group.next()
        var live: [(collector: Collector, subscription: EventSubscription)] = []
        var ended: [Collector] = []
        for _ in 0..<3 {
            let collector = Collector()
            let (subscription, _, running) = try await subscribe(tenant.admin, after: nil, collector, on: loop)
            try await running.value
            live.append((collector, subscription))
        }
        for (number, next) in [0, 1, 0].enumerated() {
            await send(1)
            for (collector, _) in live {
                try await eventually("it is told") { collector.records.compactMap(seq).count == number + 1 }
            }
            let (collector, subscription) = live.remove(at: next)
            loop.execute { subscription.close() }
            ended.append(collector)
        }
        #expect(ended.map { $0.records.compactMap(seq) } == [[1], [1, 2], [1, 2, 3]])
    }
}
