import Foundation
import Synchronization

/// A bot's state in memory and in its file, and which events above the acknowledged one are in it.
///
/// A handler's changes and the mark that its event was handled are written in one step. An event that comes again
/// after a crash is therefore either not in the state at all, or recognised and skipped.
package final class StateStore: Sendable {
    /// What a bot may keep.
    enum Limits {
        static let keys = 10_000
        static let keyBytes = 256
        static let valueBytes = 256 * 1024
        static let total = 8 * 1024 * 1024
    }

    /// The file's content.
    private struct Contents: Codable {
        var version = 1
        var epoch: String?
        /// The newest event whose changes are in `values`.
        var seen: Cursor?
        var handled: Set<Cursor> = []
        var values: [String: JSONValue] = [:]
    }

    /// Held by the one handler that uses the store.
    let lock = AsyncLock()
    private let file: any StateFile
    private let contents = Mutex(Contents())

    package init(file: any StateFile) { self.file = file }

    /// Reads the file; called once, before the first handler.
    ///
    /// - Throws: ``BotError`` with the code `state`, when the file is there but cannot be read.
    package func load() async throws {
        guard let bytes = try await file.read() else { return }
        do {
            let loaded = try JSONDecoder().decode(Contents.self, from: Data(bytes))
            guard loaded.version == 1 else { throw BotError(.state, "the state was written by a newer version") }
            contents.withLock { $0 = loaded }
        } catch let error as DecodingError {
            throw BotError(.state, "the state file holds no JSON of a bot", underlying: error)
        }
    }

    /// Forgets the marks that a new connection makes needless.
    ///
    /// - Parameters:
    ///   - epoch: The name of the server's log.
    ///   - acknowledged: Up to where no event comes again.
    ///   - isOther: The log is another one than before; the marks of that mean other events.
    func begin(epoch: String, acknowledged: Cursor, isOther: Bool) {
        contents.withLock { contents in
            if isOther {
                contents.handled = []
                contents.seen = nil
            }
            contents.epoch = epoch
            contents.handled = contents.handled.filter { $0 > acknowledged }
        }
    }

    /// The log goes on under another name.
    func rename(_ epoch: String) { contents.withLock { $0.epoch = epoch } }

    /// The newest event that is in the state, and the name of the log that it came from.
    var place: (epoch: String?, seen: Cursor?) {
        contents.withLock { contents in
            (contents.epoch, [contents.seen, contents.handled.max()].compactMap { $0 }.max())
        }
    }

    /// Forgets the marks up to `cursor`, which the server will not send again.
    func acknowledged(_ cursor: Cursor) {
        contents.withLock { contents in
            if !contents.handled.isEmpty { contents.handled = contents.handled.filter { $0 > cursor } }
        }
    }

    /// Whether the changes of this event are in the state.
    func wasHandled(_ cursor: Cursor) -> Bool { contents.withLock { $0.handled.contains(cursor) } }

    func value(_ key: String) -> JSONValue? { contents.withLock { $0.values[key] } }

    func keys() -> [String] { contents.withLock { Array($0.values.keys) } }

    /// Writes `changes`, nil for a removal, and the mark of `cursor`; nothing changes when this throws.
    ///
    /// - Throws: ``BotError`` with the code `state`, when the state would be too large or cannot be written.
    func commit(_ changes: [String: JSONValue?], handled cursor: Cursor?) async throws {
        var next = contents.withLock { $0 }
        for (key, value) in changes { next.values[key] = value }
        if let cursor {
            next.handled.insert(cursor)
            next.seen = max(next.seen ?? cursor, cursor)
        }
        guard next.values.count <= Limits.keys else {
            throw BotError(.state, "the state has more than \(Limits.keys) keys")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = [UInt8](try encoder.encode(next))
        guard bytes.count <= Limits.total else {
            throw BotError(.state, "the state is larger than \(Limits.total) bytes")
        }
        try await file.write(bytes)
        // Only the holder of `lock` changes values; marks may have been forgotten meanwhile, and may come back late.
        contents.withLock { contents in
            contents.values = next.values
            if let cursor {
                contents.handled.insert(cursor)
                contents.seen = max(contents.seen ?? cursor, cursor)
            }
        }
    }
}
