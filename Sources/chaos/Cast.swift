import ChatModel
import EventLoop
import Foundation
import HTTPTypes
import MartletClient

/// Makes the people, channels, bots and hooks of a run.
struct Cast {
    private static let channelCount = 8
    private static let writerCount = 16

    let urls: [String]
    let seed: UInt64
    let ledger: Ledger
    let loop: EventLoop
    let owner: MartletClient
    let channels: [Channel]
    /// Of the bot that listens.
    private let bot: BotAnswer

    private struct BotAnswer: Decodable {
        struct User: Decodable { var id: UserID }
        var bot: User
        var token: String
    }

    var botToken: String { bot.token }

    /// Makes the channels.
    init(_ cluster: Cluster, seed: UInt64, ledger: Ledger, loop: EventLoop) async throws {
        urls = cluster.urls
        self.seed = seed
        self.ledger = ledger
        self.loop = loop
        let admin = try cluster.administrator()
        owner = try MartletClient(
            url: urls[0], credentials: .password(handle: admin.handle, password: admin.password), loop: loop)
        var channels: [Channel] = []
        for number in 0..<Self.channelCount { channels.append(try await owner.createChannel("chaos-\(number)")) }
        self.channels = channels
        struct Body: Encodable {
            var handle: String
            var name: String
        }
        bot = try await owner.call(.post, "/v1/bots", Body(handle: "chaosbot", name: "Chaos"))
        for channel in channels { try await owner.addMembers([bot.bot.id], to: channel.id) }
    }

    /// A new person who is a member of all channels.
    func person(_ handle: String) async throws -> Person { try await person(handle, in: channels) }

    private func person(_ handle: String, in channels: [Channel]) async throws -> Person {
        struct Body: Encodable {
            var handle: String
            var password: String
        }
        struct Answer: Decodable { var id: UserID }
        let password = "chaos-\(handle)-password"
        let answer: Answer = try await owner.call(.post, "/v1/users", Body(handle: handle, password: password))
        for channel in channels { try await owner.addMembers([answer.id], to: channel.id) }
        return try Person(handle: handle, password: password, urls: urls, loop: loop)
    }

    /// - Parameter rate: Messages a second, of all together.
    func writers(rate: Double) async throws -> [Writer] {
        var writers: [Writer] = []
        let interval = Duration.microseconds(Int(Double(Self.writerCount) / rate * 1_000_000))
        for number in 0..<Self.writerCount {
            // Two channels each, so that a writer's own socket is not most of the load.
            let own = [channels[number % channels.count], channels[(number + 3) % channels.count]]
            let person = try await person("writer\(number)", in: own)
            writers.append(
                Writer(
                    number: number, person: person,
                    changer: Changer(person, ledger: ledger, random: random(100 + number)),
                    channels: own.map(\.id.rawValue), ledger: ledger, interval: interval))
        }
        return writers
    }

    func hookWriter() async throws -> HookWriter {
        struct Body: Encodable {
            var name: String
            var channel_id: ChannelID
        }
        struct Answer: Decodable {
            var secret: String
        }
        let hook: Answer = try await owner.call(
            .post, "/v1/hooks", Body(name: "chaos", channel_id: channels[0].id))
        return HookWriter(
            urls: urls, secret: hook.secret, channel: channels[0].id.rawValue, ledger: ledger, loop: loop)
    }

    /// People on `/v1/ws`, of whom the first keeps its connection, and a bot.
    func sockets() async throws -> [SocketReader] {
        var sockets: [SocketReader] = []
        for number in 0..<3 {
            sockets.append(
                SocketReader(
                    number == 0 ? "socket" : "socket, cut \(number)", .person(try await person("reader\(number)")),
                    urls: urls, loop: loop, isCut: number > 0, random: random(10 + number)))
        }
        sockets.append(
            SocketReader("bot", .bot(token: bot.token), urls: urls, loop: loop, isCut: true, random: random(20)))
        return sockets
    }

    /// The last number of each channel.
    func lastNumbers() async throws -> [Int64: Int64] {
        var last: [Int64: Int64] = [:]
        for channel in channels {
            last[channel.id.rawValue] = try await owner.messages(in: channel.id, limit: 1).last?.seq ?? 0
        }
        return last
    }

    /// Everything that is stored behind `base`, in the order of each channel.
    func history(after base: [Int64: Int64]) async throws -> [StoredMessage] {
        var stored: [StoredMessage] = []
        for channel in channels {
            var after = base[channel.id.rawValue] ?? 0
            while true {
                let page = try await owner.messages(in: channel.id, after: after, limit: 200)
                guard let last = page.last, last.seq > after else { break }
                stored += page.map { StoredMessage($0) }
                after = last.seq
            }
        }
        return stored
    }

    private func random(_ stream: Int) -> RandomSource { RandomSource(seed: seed, stream: UInt64(stream)) }
}
