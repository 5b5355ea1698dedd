internal import CCmark

/// The names of characters that Markdown shares with HTML 5.
package enum MarkdownEntity {
    /// What `&name;` stands for, by numbers: `&#10003;` for `check`; nil when there is no such name.
    package static func numbers(named name: String) -> String? {
        let source = Array("\(name);".utf8)
        guard let text = decode(source[...]), text.source == source.count else { return nil }
        return String(decoding: text.bytes, as: UTF8.self).unicodeScalars.map { "&#\($0.value);" }.joined()
    }

    /// The entity that `source` begins with, the `&` before it left out: how long it is, and what it stands for.
    static func decode(_ source: ArraySlice<UInt8>) -> (source: Int, bytes: ArraySlice<UInt8>)? {
        var room = [UInt8](repeating: 0, count: 16)
        var length: Int32 = 0
        let used = source.prefix(40).withUnsafeBufferPointer { bytes in
            martlet_cmark_entity(bytes.baseAddress, Int32(bytes.count), &room, &length)
        }
        return used > 0 && length > 0 ? (Int(used), room[..<Int(length)]) : nil
    }
}
