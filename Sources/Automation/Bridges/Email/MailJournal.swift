import EventLoop
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Keeps small mails one behind the other in files that many share.
///
/// A file for each mail costs its making, its renaming, its removal and two waits for the disk. Here the mails that come
/// while the disk is busy are written together and wait once, and a file goes when all its mails are posted.
final class MailJournal: Sendable {
    /// A file is followed by the next one at this size.
    private static let fileBytes = 4 << 20
    static let suffix = ".mails"

    private struct Pending {
        let record: [UInt8]
        let continuation: CheckedContinuation<SpoolEntry, any Error>
    }

    /// The file that is written to; touched on the queue only.
    private struct Current {
        let name: String
        let descriptor: Int32
        var end = 0
    }

    private struct State {
        var pending: [Pending] = []
        var isWriting = false
        /// By file: how many of its mails wait to be posted.
        var waiting: [String: Int] = [:]
        var current: String?
    }

    private let folder: String
    private let queue = BlockingQueue("mail-journal", isSerial: true)
    private let state = Mutex(State())
    private let current = Mutex<Current?>(nil)

    init(folder: String) { self.folder = folder }

    // MARK: Keeping

    /// Keeps a record, and returns when it survives a crash.
    ///
    /// - Parameter record: As ``SpoolRecord`` writes it.
    func append(_ record: [UInt8]) async throws -> SpoolEntry {
        try await withCheckedThrowingContinuation { continuation in
            let isFirst = state.withLock { state in
                state.pending.append(Pending(record: record, continuation: continuation))
                defer { state.isWriting = true }
                return !state.isWriting
            }
            if isFirst { queue.submit { self.write() } }
        }
    }

    /// Writes what waits, at once.
    private func write() {
        let batch = state.withLock { state in
            var bytes = 0
            let count = state.pending.prefix { pending in
                defer { bytes += pending.record.count }
                return bytes < Self.fileBytes
            }.count
            defer { state.pending.removeFirst(count) }
            return Array(state.pending[..<count])
        }
        let result = Result { try write(batch.map(\.record)) }
        for (index, pending) in batch.enumerated() { pending.continuation.resume(with: result.map { $0[index] }) }
        let isMore = state.withLock { state in
            state.isWriting = !state.pending.isEmpty
            return state.isWriting
        }
        // Behind what else has come for the queue meanwhile.
        if isMore { queue.submit { self.write() } }
    }

    private func write(_ records: [[UInt8]]) throws -> [SpoolEntry] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(records.reduce(0) { $0 + $1.count })
        for record in records { bytes += record }
        return try current.withLock { current in
            var file = try current ?? begin()
            current = file
            do {
                try MailSpoolFile.write(bytes, to: file.descriptor, at: file.end, folder)
                guard fdatasync(file.descriptor) == 0 else { throw MailSpoolError(path: folder, code: errno) }
            } catch {
                // What stands there nobody was told of.
                _ = ftruncate(file.descriptor, off_t(file.end))
                leave(file)
                current = nil
                throw error
            }
            var entries: [SpoolEntry] = []
            for record in records {
                entries.append(SpoolEntry(file: file.name, place: file.end..<file.end + record.count))
                file.end += record.count
            }
            state.withLock { $0.waiting[file.name, default: 0] += records.count }
            current = file
            if file.end >= Self.fileBytes {
                leave(file)
                current = nil
            }
            return entries
        }
    }

    private func begin() throws -> Current {
        let name = MailSpool.newName() + Self.suffix
        let descriptor = open("\(folder)/\(name)", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw MailSpoolError(path: folder, code: errno) }
        do {
            try MailSpoolFile.syncFolder(folder)
        } catch {
            close(descriptor)
            unlink("\(folder)/\(name)")
            throw error
        }
        state.withLock { $0.current = name }
        return Current(name: name, descriptor: descriptor)
    }

    /// Writes no more to a file, which goes with the last of its mails.
    private func leave(_ file: Current) {
        close(file.descriptor)
        let isDone = state.withLock { state in
            state.current = nil
            return state.waiting[file.name] ?? 0 == 0
        }
        if isDone { unlink("\(folder)/\(file.name)") }
    }

    // MARK: Posted

    /// Says that a mail need not be kept any more.
    func remove(_ entry: SpoolEntry) {
        let (isEmpty, isCurrent) = state.withLock { state in
            let left = (state.waiting[entry.file] ?? 1) - 1
            state.waiting[entry.file] = left > 0 ? left : nil
            return (left <= 0, state.current == entry.file)
        }
        guard isEmpty else { return }
        if isCurrent { queue.submit { self.clear() } } else { unlink("\(folder)/\(entry.file)") }
    }

    /// Takes posted mails off the disk, although their file is not full.
    private func clear() {
        current.withLock { current in
            guard var file = current, file.end > 0, state.withLock({ $0.waiting[file.name] }) == nil,
                ftruncate(file.descriptor, 0) == 0
            else { return }
            file.end = 0
            current = file
        }
    }

    /// Writes no more; a mail that comes nevertheless begins a file of its own.
    func end() async {
        await queue.run {
            self.current.withLock { current in
                if let file = current { self.leave(file) }
                current = nil
            }
        }
    }

    // MARK: After a start

    /// The whole records of a file, which wait from now on.
    ///
    /// What was torn by a crash is not among them: nobody was told that it is kept.
    func recover(_ file: String) throws -> [SpoolEntry] {
        let bytes = try MailSpoolFile.read("\(folder)/\(file)")
        var entries: [SpoolEntry] = []
        var start = 0
        while let count = SpoolRecord.count(bytes[start...]) {
            entries.append(SpoolEntry(file: file, place: start..<start + count))
            start += count
        }
        if entries.isEmpty {
            unlink("\(folder)/\(file)")
        } else {
            state.withLock { $0.waiting[file] = entries.count }
        }
        return entries
    }
}
