/// One entry of a stream.
package struct RedisStreamEntry: Sendable {
    /// Two numbers with a hyphen between.
    package let id: String
    package let fields: [(name: String, value: [UInt8])]
    /// The entry was deleted while a consumer still had it to acknowledge: only its id is left.
    package let isDeleted: Bool

    /// The value of a field; the first one when a name comes twice.
    package subscript(name: String) -> [UInt8]? { fields.first { $0.name == name }?.value }

    /// The answer of `XRANGE`, `XREVRANGE` and `XCLAIM`.
    ///
    /// - Throws: ``RedisError`` with `malformed`.
    package static func list(_ reply: RedisValue) throws(RedisError) -> [RedisStreamEntry] {
        guard let values = reply.array else { throw malformed }
        var entries: [RedisStreamEntry] = []
        entries.reserveCapacity(values.count)
        // Redis 6 has a null in the place of a deleted entry.
        for value in values where value != .null { entries.append(try RedisStreamEntry(value)) }
        return entries
    }

    /// The answer of `XREAD` and `XREADGROUP`; empty when there was nothing in time.
    package static func byStream(
        _ reply: RedisValue
    ) throws(RedisError) -> [(stream: String, entries: [RedisStreamEntry])] {
        if reply == .null { return [] }
        guard let streams = reply.array else { throw malformed }
        var result: [(stream: String, entries: [RedisStreamEntry])] = []
        for stream in streams {
            guard let pair = stream.array, pair.count == 2, let name = pair[0].string else { throw malformed }
            result.append((name, try list(pair[1])))
        }
        return result
    }

    private init(_ value: RedisValue) throws(RedisError) {
        guard let pair = value.array, pair.count == 2, let id = pair[0].string else { throw Self.malformed }
        self.id = id
        isDeleted = pair[1] == .null
        guard !isDeleted else {
            fields = []
            return
        }
        guard let flat = pair[1].array, flat.count.isMultiple(of: 2) else { throw Self.malformed }
        var fields: [(name: String, value: [UInt8])] = []
        fields.reserveCapacity(flat.count / 2)
        for index in stride(from: 0, to: flat.count, by: 2) {
            guard let name = flat[index].string, let value = flat[index + 1].bytes else { throw Self.malformed }
            fields.append((name, value))
        }
        self.fields = fields
    }

    static let malformed = RedisError(.malformed, "Redis gave an answer that is no list of stream entries")
}

/// The answer of `XAUTOCLAIM`.
package struct RedisClaim: Sendable {
    /// Where to go on; `0-0` when everything has been seen.
    package let next: String
    package let entries: [RedisStreamEntry]
    /// Ids that were pending but are no longer in the stream.
    ///
    /// Redis has taken them off the list; known from Redis 7 on.
    package let deleted: [String]

    /// - Throws: ``RedisError`` with `malformed`.
    package init(_ reply: RedisValue) throws(RedisError) {
        guard let parts = reply.array, parts.count >= 2, let next = parts[0].string else {
            throw RedisStreamEntry.malformed
        }
        self.next = next
        entries = try RedisStreamEntry.list(parts[1])
        deleted = parts.count > 2 ? (parts[2].array ?? []).compactMap(\.string) : []
    }
}

extension RedisCommand {
    /// Adds an entry to a stream.
    ///
    /// - Parameters:
    ///   - id: Refused by Redis unless it is higher than every id before; `*` lets Redis choose.
    ///   - approximateMaximum: Trims the stream to about that many entries; nil keeps all.
    package static func xadd(
        _ stream: String, id: String = "*", approximateMaximum: Int? = nil, fields: [(String, [UInt8])]
    ) -> RedisCommand {
        var command = RedisCommand("XADD", stream)
        if let approximateMaximum {
            command.append("MAXLEN")
            command.append("~")
            command.append(Int64(approximateMaximum))
        }
        command.append(id)
        for (name, value) in fields {
            command.append(name)
            command.append(value)
        }
        return command
    }
}

extension RedisClient {
    /// Adds an entry to a stream; see ``RedisCommand/xadd(_:id:approximateMaximum:fields:)``.
    ///
    /// - Returns: The entry's id.
    package func xadd(
        _ stream: String, id: String = "*", approximateMaximum: Int? = nil, fields: [(String, [UInt8])]
    ) async throws -> String {
        let reply = try await send(
            .xadd(stream, id: id, approximateMaximum: approximateMaximum, fields: fields))
        guard let id = reply.string else { throw RedisStreamEntry.malformed }
        return id
    }
}
