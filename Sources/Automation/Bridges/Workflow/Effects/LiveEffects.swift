import BridgeKit
import ChatModel
import Foundation

/// Does what steps ask for: in the chat, in the store, over HTTP and by mail.
struct LiveEffects: WorkflowEffects {
    /// So many values a bridge may keep.
    static let mostValues = 10_000
    /// A mark outlives the longest run.
    private static let markTime: Int64 = 100 * 86_400_000

    let context: BridgeContext
    let caller: HTTPCaller
    let mailer: WorkflowMailer?

    func perform(_ effect: Effect, as name: EffectName) async throws -> JSONValue {
        let run = name.run
        switch effect {
        case .post(let post): return try await self.post(post, name)
        case .edit(let message, let text):
            return Self.summary(try await context.chat.edit(message, text: text, hops: run.hops, in: run.app))
        case .react(let emoji, let message, let isOn):
            try await context.chat.react(emoji, to: message, isOn: isOn, hops: run.hops, in: run.app)
            return [:]
        case .delete(let message):
            try await context.chat.delete(message, hops: run.hops, in: run.app)
            return [:]
        case .read(let id): return try await read(id, run)
        case .call(let call): return try await caller.call(call, token: name.token)
        case .mail(let mail):
            guard let mailer else { throw BridgeError.giveUp(reason: "the file names no relay for mail") }
            return try await mailer.send(mail, as: name)
        case .change(let key, let action, let expiry): return try await change(key, action, expiry, name)
        case .look(let key):
            let value = try await context.store.value(Self.stored(key, run)).flatMap { JSONValue(json: Array($0.utf8)) }
            return ["value": value ?? .null, "exists": .bool(value != nil)]
        case .list(let start, let limit): return try await list(start, limit, run)
        case .forget(let start):
            try await context.store.removeAll(under: Self.stored(start, run))
            return [:]
        }
    }

    func channel(_ id: ChannelID, of run: RunIdentity) async throws -> JSONValue {
        guard let channel = try await context.chat.channel(id, in: run.app) else { return .null }
        return [
            "id": .integer(channel.id.rawValue), "name": .string(channel.name), "topic": .string(channel.topic),
            "kind": .string(channel.kind.rawValue),
        ]
    }

    // MARK: Chat

    private func post(_ post: PostEffect, _ name: EffectName) async throws -> JSONValue {
        let channel: ChannelID
        switch post.place {
        case .channel(let id): channel = id
        case .name(let text):
            if let found = try await context.chat.channel(named: text, in: name.run.app) {
                channel = found.id
            } else if let number = Int64(text) {
                channel = ChannelID(number)
            } else {
                throw BridgeError.giveUp(reason: "there is no channel \(text.prefix(100))")
            }
        }
        let message = try await context.chat.post(
            BridgePost(
                channel: channel, text: post.text, authorName: post.author, threadRoot: post.thread,
                nonce: name.token, hops: name.run.hops), in: name.run.app)
        return Self.summary(message)
    }

    private static func summary(_ message: Message) -> JSONValue {
        [
            "id": .integer(message.id.rawValue), "seq": .integer(message.seq),
            "channel_id": .integer(message.channelID.rawValue),
            "thread_root_id": message.threadRootID.map { .integer($0.rawValue) } ?? .null,
            "text": .string(message.text), "created_at": .string(message.createdAt),
        ]
    }

    private func read(_ id: MessageID, _ run: RunIdentity) async throws -> JSONValue {
        guard let message = try await context.chat.message(id, in: run.app), message.deletedAt == nil,
            case .object(var fields)? = JSONValue(json: Array(try JSONEncoder().encode(message)))
        else { return ["exists": false] }
        fields["exists"] = true
        return .object(fields)
    }

    // MARK: Values

    /// A bridge may serve several tenants; what one keeps the others do not see.
    private static func stored(_ key: String, _ run: RunIdentity) -> String { "v.\(run.app).\(key)" }

    private func change(
        _ key: String, _ action: BridgeStoreChange.Action, _ expiry: Int64?, _ name: EffectName
    ) async throws -> JSONValue {
        var change = BridgeStoreChange(action, of: Self.stored(key, name.run))
        change.expiry = expiry
        change.mark = name.mark
        change.markExpiry = context.now() + Self.markTime
        change.limit = BridgeStoreChange.Limit(prefix: "v.", count: Self.mostValues)
        switch try await context.store.change(change) {
        case .done(let before, let after):
            return ["before": before.map { .string($0) } ?? .null, "after": after.map { .string($0) } ?? .null]
        case .full: throw BridgeError.giveUp(reason: "the bridge keeps \(Self.mostValues) values already")
        case .noNumber:
            throw BridgeError.giveUp(reason: "the value under \"\(key.prefix(80))\" is no whole number to add to")
        }
    }

    private func list(_ start: String, _ limit: Int, _ run: RunIdentity) async throws -> JSONValue {
        let values = try await context.store.values(under: Self.stored(start, run), limit: limit)
        let prefix = Self.stored("", run).count
        let list = values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { key, text -> JSONValue in
            [
                "key": .string(String(key.dropFirst(prefix))),
                "value": JSONValue(json: Array(text.utf8)) ?? .null,
            ]
        }
        return ["values": .array(list), "count": .integer(Int64(list.count))]
    }
}
