internal import CHiredis

/// Takes bytes as they come and gives whole replies; hiredis' reader does the work.
///
/// Three limits hold whatever a server sends: hiredis refuses arrays nested deeper than 7, this type refuses arrays of
/// more than ``maximumElements`` (hiredis would reserve their memory on the strength of a number) and replies of more
/// than `maximumSize` bytes. After an error the connection is of no use.
///
/// Not safe for use from two threads.
final class RedisParser {
    static let maximumElements = 1 << 20

    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let maximumSize: Int
    /// Bytes that came since the end of the last whole reply.
    private var unfinished = 0

    init(maximumSize: Int) {
        guard let reader = redisReaderCreate() else { preconditionFailure("out of memory") }
        self.reader = reader
        self.maximumSize = maximumSize
        functions = .allocate(capacity: 1)
        functions.initialize(to: reader.pointee.fn.pointee)
        functions.pointee.createArray = createLimitedArray
        reader.pointee.fn = functions
    }

    deinit {
        redisReaderFree(reader)
        functions.deallocate()
    }

    func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisError) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        unfinished += bytes.count
        guard redisReaderFeed(reader, base.assumingMemoryBound(to: CChar.self), bytes.count) == REDIS_OK else {
            throw failure()
        }
    }

    /// The next whole reply; nil when more bytes are needed.
    func next() throws(RedisError) -> RedisValue? {
        var reply: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw failure() }
        guard let reply else {
            guard unfinished <= maximumSize else {
                throw RedisError(.malformed, "a Redis reply is longer than \(maximumSize) bytes")
            }
            return nil
        }
        unfinished = reader.pointee.len - reader.pointee.pos
        defer { freeReplyObject(reply) }
        return Self.value(reply.assumingMemoryBound(to: redisReply.self))
    }

    private func failure() -> RedisError {
        if reader.pointee.err == REDIS_ERR_OOM {
            return RedisError(.malformed, "a Redis reply has more than \(Self.maximumElements) elements")
        }
        let text = withUnsafeBytes(of: &reader.pointee.errstr) { raw in
            String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
        }
        return RedisError(.malformed, "the Redis server does not keep to its protocol: \(text)")
    }

    /// Copies a reply; the depth is limited by hiredis.
    private static func value(_ reply: UnsafePointer<redisReply>) -> RedisValue {
        let reply = reply.pointee
        switch reply.type {
        case REDIS_REPLY_INTEGER: return .integer(reply.integer)
        case REDIS_REPLY_STRING: return .bulk(Array(bytes(reply)))
        case REDIS_REPLY_STATUS: return .simple(String(decoding: bytes(reply), as: UTF8.self))
        case REDIS_REPLY_ERROR: return .error(String(decoding: bytes(reply), as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            let elements = UnsafeBufferPointer(start: reply.element, count: reply.elements)
            return .array(elements.map { element in element.map { value($0) } ?? .null })
        default: return .null
        }
    }

    private static func bytes(_ reply: redisReply) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: reply.str, count: reply.len)
    }
}

/// hiredis' own way to make an array.
private let createArray: (@convention(c) (UnsafePointer<redisReadTask>?, Int32) -> UnsafeMutableRawPointer?)? = {
    let reader = redisReaderCreate()
    defer { redisReaderFree(reader) }
    return reader?.pointee.fn.pointee.createArray
}()

private func createLimitedArray(_ task: UnsafePointer<redisReadTask>?, _ count: Int32) -> UnsafeMutableRawPointer? {
    guard count <= RedisParser.maximumElements else { return nil }
    return createArray?(task, count)
}
