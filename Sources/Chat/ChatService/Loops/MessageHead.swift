import ChatModel

/// Who wrote a new message and how it is meant, read from the beginning of its event's JSON.
///
/// Every event passes by here, so it is not decoded: the first `"kind"` outside a string is the author's, the next the
/// message's, and a quote within a string would have a backslash. What was imported has another form, and no head.
struct MessageHead: Equatable {
    let author: User.Kind
    let isSystem: Bool

    /// Beyond the longest handle and name, all of whose letters are escaped.
    private static let reach = 4096

    init?(_ data: String) {
        let found = data.utf8.withContiguousStorageIfAvailable { Self.read($0) } ?? Self.read(Array(data.utf8))
        guard let found else { return nil }
        self = found
    }

    private init(author: User.Kind, isSystem: Bool) {
        self.author = author
        self.isSystem = isSystem
    }

    private static let mark: StaticString = "\"kind\":\""

    private static func read(_ bytes: some RandomAccessCollection<UInt8>) -> MessageHead? {
        let head = bytes.prefix(reach)
        guard let start = end(of: head[...]) else { return nil }
        let kind: User.Kind
        switch head[start...].first {
        case UInt8(ascii: "p"): kind = .person
        case UInt8(ascii: "b"): kind = .bot
        case UInt8(ascii: "h"): kind = .hook
        default: return nil
        }
        guard let second = end(of: head[start...]) else { return nil }
        return MessageHead(author: kind, isSystem: head[second...].first == UInt8(ascii: "s"))
    }

    /// Where the first mark ends.
    private static func end<Bytes: RandomAccessCollection<UInt8>>(of bytes: Bytes) -> Bytes.Index? {
        var matched = 0
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            bytes.formIndex(after: &index)
            if byte == mark.utf8Start[matched] {
                matched += 1
                if matched == mark.utf8CodeUnitCount { return index }
            } else {
                matched = byte == mark.utf8Start[0] ? 1 : 0
            }
        }
        return nil
    }
}
