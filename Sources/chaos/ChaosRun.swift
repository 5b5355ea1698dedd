import ChatModel
import EventLoop
import Foundation
import HTTPTypes
import MartletClient

/// One run: the cast, the time in which things break, the quiet, the count.
struct ChaosRun {
    private static let channelCount = 8
    private static let writerCount = 16

    let options: ChaosOptions
    let server: ChaosServer
    let loop: EventLoop
    private let ledger = Ledger()
    private let progress = Progress()

    init(options: ChaosOptions, server: ChaosServer, loop: EventLoop) {
        self.options = options
        self.server = server
        self.loop = loop
    }

    func run() async throws -> Report {
        progress.note("seed \(options.seed): starting the server on an empty folder")
        let sink = WebhookSink(random: RandomSource(seed: options.seed, stream: 1))
        try writeBridge(to: try sink.start())
        try server.start()
        try await server.waitUntilReady()

        let admin = try server.administrator()
        let owner = try client(admin.handle, admin.password)
        var channels: [Channel] = []
        for number in 0..<Self.channelCount { channels.append(try await owner.createChannel("chaos-\(number)")) }
        let writers = try await makeWriters(owner, channels)
        let poll = PollReader(client: try await makePerson("poller", in: channels, owner).client)
        try await poll.begin()
        let sockets = try await makeSockets(owner, channels)
        try await waitForBridge(owner)

        let journals = sockets.map(\.journal) + [poll.journal, sink.journal]
        let faults = Faults(server: server) { [progress] in progress.note($0) }
        let tasks = sockets.map { socket in Task { await socket.run() } } + [Task { await poll.run() }]
        defer { for task in tasks { task.cancel() } }
        try await wait("the readers", .seconds(30)) { sockets.allSatisfy(\.wasReady) }
        var base: [Int64: Int64] = [:]
        for channel in channels {
            base[channel.id.rawValue] = try await owner.messages(in: channel.id, limit: 1).last?.seq ?? 0
        }

        let start = ContinuousClock.now
        let end = start + .milliseconds(Int(options.minutes * 60_000))
        let writing = writers.map { writer in Task { await writer.run(until: end, limit: end + .seconds(90)) } }
        let showing = Task { [ledger, progress] in
            while !Task.isCancelled {
                let seen = journals.map { "\($0.count)" }.joined(separator: " ")
                progress.show("\(ledger.acknowledgedCount) acknowledged, seen \(seen)")
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        defer { showing.cancel() }
        do {
            try await faults.run(RandomSource(seed: options.seed, stream: 0), until: end)
        } catch {
            for task in writing { task.cancel() }
            throw error
        }
        progress.note("no more faults; waiting until every send is answered")
        sink.behave()
        for task in writing { await task.value }
        try server.restartIfEnded()
        progress.note("waiting until every reader has everything")
        let wanted = ledger.acknowledgedCount
        let deadline = ContinuousClock.now + .seconds(120)
        let quiet = ContinuousClock.now
        var delays: [String: Double] = [:]
        while ContinuousClock.now < deadline, delays.count < journals.count {
            for journal in journals where delays[journal.name] == nil && journal.count >= wanted {
                delays[journal.name] = Double((ContinuousClock.now - quiet) / .milliseconds(100)).rounded() / 10
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        // Nothing may come after that.
        try await Task.sleep(for: .seconds(2))
        progress.note("counting")
        let stored = try await history(owner, channels, base)
        showing.cancel()
        progress.finish()
        let checker = Checker(ledger: ledger, base: base)
        return Report(
            seed: options.seed, seconds: Double((ContinuousClock.now - start).components.seconds),
            sent: ledger.sentCount, acknowledged: ledger.acknowledgedCount,
            rows: [checker.history(stored)] + journals.map { checker.reader($0, stored, delay: delays[$0.name]) },
            faults: faults.happened,
            refusals: writers.reduce(into: ["webhook refused": sink.refused]) { all, writer in
                all.merge(writer.refusals) { $0 + $1 }
            }, crashes: server.crashes)
    }

    // MARK: The cast

    private func client(_ handle: String, _ password: String) throws -> MartletClient {
        try MartletClient(url: server.url, credentials: .password(handle: handle, password: password), loop: loop)
    }

    private func makePerson(
        _ handle: String, in channels: [Channel], _ owner: MartletClient
    ) async throws -> (client: MartletClient, id: UserID) {
        struct Body: Encodable {
            var handle: String
            var password: String
        }
        struct Answer: Decodable {
            struct User: Decodable { var id: UserID }
            var user: User
        }
        let password = "chaos-\(handle)-password"
        let answer: Answer = try await owner.call(
            .post, "/v1/auth/register", Body(handle: handle, password: password), isOpen: true)
        for channel in channels { try await owner.addMembers([answer.user.id], to: channel.id) }
        let client = try client(handle, password)
        _ = try await client.accessToken()
        return (client, answer.user.id)
    }

    private func makeWriters(_ owner: MartletClient, _ channels: [Channel]) async throws -> [Writer] {
        var writers: [Writer] = []
        let interval = Duration.microseconds(Int(Double(Self.writerCount) / options.rate * 1_000_000))
        for number in 0..<Self.writerCount {
            // Two channels each, so that a writer's own socket is not most of the load.
            let own = [channels[number % Self.channelCount], channels[(number + 3) % Self.channelCount]]
            let person = try await makePerson("writer\(number)", in: own, owner)
            writers.append(
                Writer(
                    number: number, client: person.client, channels: own.map(\.id.rawValue), ledger: ledger,
                    interval: interval))
        }
        return writers
    }

    private func makeSockets(_ owner: MartletClient, _ channels: [Channel]) async throws -> [SocketReader] {
        struct Body: Encodable {
            var handle: String
            var name: String
        }
        struct Answer: Decodable {
            struct User: Decodable { var id: UserID }
            var bot: User
            var token: String
        }
        var sockets: [SocketReader] = []
        for number in 0..<3 {
            let person = try await makePerson("reader\(number)", in: channels, owner)
            sockets.append(
                SocketReader(
                    number == 0 ? "socket" : "socket, cut \(number)", .person(person.client), server: server,
                    loop: loop, isCut: number > 0, random: RandomSource(seed: options.seed, stream: UInt64(10 + number))
                ))
        }
        let bot: Answer = try await owner.call(.post, "/v1/bots", Body(handle: "chaosbot", name: "Chaos"))
        for channel in channels { try await owner.addMembers([bot.bot.id], to: channel.id) }
        sockets.append(
            SocketReader(
                "bot", .bot(token: bot.token), server: server, loop: loop, isCut: true,
                random: RandomSource(seed: options.seed, stream: 20)))
        return sockets
    }

    private func writeBridge(to url: String) throws {
        try FileManager.default.createDirectory(
            atPath: server.folder + "/bridges", withIntermediateDirectories: true)
        let secret = Data((0..<32).map { UInt8($0) }).base64EncodedString()
        let text = """
            bridge: webhook
            on: [message.created]
            where:
              channel: ["chaos-*"]
            retry: { attempts: 1000, first: 100ms, max: 1s }
            settings:
              url: \(url)
              secret: whsec_\(secret)
              timeout: 1s
              allow: [127.0.0.0/8]

            """
        try text.write(toFile: server.folder + "/bridges/chaos.yaml", atomically: true, encoding: .utf8)
    }

    private func waitForBridge(_ owner: MartletClient) async throws {
        struct List: Decodable {
            struct Bridge: Decodable { var state: String }
            var bridges: [Bridge]
        }
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let list: List = try await owner.call(.get, "/v1/bridges")
            if list.bridges.first?.state == "running" { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw ChaosError("the bridge did not run within 30 s")
    }

    private func wait(_ what: String, _ limit: Duration, until isDone: () -> Bool) async throws {
        let deadline = ContinuousClock.now + limit
        while !isDone() {
            guard ContinuousClock.now < deadline else { throw ChaosError("\(what) were not ready within \(limit)") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    // MARK: The count

    private func history(
        _ owner: MartletClient, _ channels: [Channel], _ base: [Int64: Int64]
    ) async throws -> [(text: String, place: Place)] {
        var stored: [(text: String, place: Place)] = []
        for channel in channels {
            var after = base[channel.id.rawValue] ?? 0
            while true {
                let page = try await owner.messages(in: channel.id, after: after, limit: 200)
                guard let last = page.last, last.seq > after else { break }
                stored += page.map {
                    ($0.text, Place(id: $0.id.rawValue, seq: $0.seq, channel: $0.channelID.rawValue))
                }
                after = last.seq
            }
        }
        return stored
    }
}
