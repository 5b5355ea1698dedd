import Crypto
import EventLoop
import Foundation

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Keeps mails on disk between their acknowledgement and their post.
///
/// Calls take the time of a disk: not on an event loop.
struct MailSpool: Sendable {
    /// What the envelope says; the first line of a file, before the mail itself.
    struct Envelope: Codable, Sendable {
        var recipients: [String]
        /// Empty for mail that must not be answered; earlier versions kept none.
        var sender: String?
    }

    let folder: String
    private let journal: MailJournal
    private var failures: String { "\(folder)/failed" }

    init(folder: String) {
        self.folder = folder
        journal = MailJournal(folder: folder)
    }

    /// Makes the folder, and takes away what was being received when the process ended: nobody was told that it is kept.
    func prepare() throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix(".") {
            unlink("\(folder)/\(name)")
        }
    }

    /// In the order of arrival, and never the same twice.
    static func newName() -> String {
        let time = UInt64(Date().timeIntervalSince1970 * 1_000_000)
        return String(time, radix: 16) + "-" + Hex.encode(SecureRandom.bytes(6))
    }

    /// Begins a file of its own for a mail that is too large for memory; it counts when it is committed.
    func begin(_ envelope: Envelope) throws -> MailSpoolFile {
        let head = Array(try JSONEncoder().encode(envelope)) + [0x0A]
        return try MailSpoolFile(folder: folder, name: Self.newName(), head: head)
    }

    /// Keeps a small mail; returns when it survives a crash.
    func keep(_ mail: [UInt8], _ envelope: Envelope) async throws -> SpoolEntry {
        try await journal.append(SpoolRecord.write(envelope, mail))
    }

    /// The mails that an earlier process left, oldest first.
    func waiting() -> [SpoolEntry] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted().flatMap { name -> [SpoolEntry] in
            if name.hasSuffix(".mail") { return [SpoolEntry(file: name)] }
            return name.hasSuffix(MailJournal.suffix) ? (try? journal.recover(name)) ?? [] : []
        }
    }

    func read(_ entry: SpoolEntry) throws -> (mail: [UInt8], envelope: Envelope) {
        let bytes = try MailSpoolFile.read("\(folder)/\(entry.file)", at: entry.place)
        guard let end = bytes.firstIndex(of: 0x0A) else { throw MailSpoolError(path: entry.file, code: EINVAL) }
        return (Array(bytes[(end + 1)...]), try JSONDecoder().decode(Envelope.self, from: Data(bytes[..<end])))
    }

    func remove(_ entry: SpoolEntry) throws {
        guard entry.place == nil else { return journal.remove(entry) }
        guard unlink("\(folder)/\(entry.file)") == 0 || errno == ENOENT else {
            throw MailSpoolError(path: entry.file, code: errno)
        }
    }

    /// Puts a mail that cannot be posted where a person finds it, in a file of its own.
    func putAside(_ entry: SpoolEntry) throws {
        try FileManager.default.createDirectory(atPath: failures, withIntermediateDirectories: true)
        if let place = entry.place {
            let bytes = try MailSpoolFile.read("\(folder)/\(entry.file)", at: place)
            let name = entry.file.dropLast(MailJournal.suffix.count) + "-\(place.lowerBound).mail"
            let path = "\(failures)/\(name)"
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
            chmod(path, 0o600)
            return journal.remove(entry)
        }
        try? FileManager.default.removeItem(atPath: "\(failures)/\(entry.file)")
        try FileManager.default.moveItem(atPath: "\(folder)/\(entry.file)", toPath: "\(failures)/\(entry.file)")
    }

    func close() async { await journal.end() }
}

/// One mail on its way into the spool.
///
/// Used by one call at a time.
final class MailSpoolFile: @unchecked Sendable {
    let name: String
    private let folder: String
    private let headCount: Int
    private var descriptor: Int32
    private var end = 0
    private var temporary: String { "\(folder)/.\(name)" }
    private var path: String { "\(folder)/\(name)" }

    fileprivate init(folder: String, name: String, head: [UInt8]) throws {
        self.folder = folder
        self.name = name + ".mail"
        headCount = head.count
        descriptor = open("\(folder)/.\(name).mail", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw MailSpoolError(path: folder, code: errno) }
        try append(head)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func append(_ bytes: [UInt8]) throws {
        try Self.write(bytes, to: descriptor, at: end, folder)
        end += bytes.count
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32, at start: Int, _ folder: String) throws {
        try bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
                let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(start + done))
                if count > 0 {
                    done += count
                } else if errno != EINTR {
                    throw MailSpoolError(path: folder, code: errno)
                }
            }
        }
    }

    /// What was appended.
    func contents() throws -> [UInt8] { try Self.read(descriptor, at: headCount..<end, path) }

    /// Makes the file one that waits, so that it survives a crash.
    func commit() throws {
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw failure }
        try Self.syncFolder(folder)
        close(descriptor)
        descriptor = -1
    }

    /// Makes the names in a folder survive a crash.
    static func syncFolder(_ folder: String) throws {
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw MailSpoolError(path: folder, code: errno) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw MailSpoolError(path: folder, code: errno) }
    }

    func discard() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        unlink(temporary)
    }

    private var failure: MailSpoolError { MailSpoolError(path: folder, code: errno) }

    /// - Parameter place: nil for the whole file.
    static func read(_ path: String, at place: Range<Int>? = nil) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw MailSpoolError(path: path, code: errno) }
        defer { close(descriptor) }
        if let place { return try read(descriptor, at: place, path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw MailSpoolError(path: path, code: errno) }
        return try read(descriptor, at: 0..<Int(status.st_size), path)
    }

    private static func read(_ descriptor: Int32, at place: Range<Int>, _ path: String) throws -> [UInt8] {
        let (start, size) = (place.lowerBound, place.count)
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let read = pread(
                    descriptor, buffer.baseAddress?.advanced(by: count), size - count, off_t(start + count))
                if read > 0 {
                    count += read
                } else if read == 0 {
                    return
                } else if errno != EINTR {
                    code = errno
                    return
                }
            }
        }
        guard code == 0 else { throw MailSpoolError(path: path, code: code) }
        return bytes
    }
}

/// The disk would not take a mail, or give it back.
struct MailSpoolError: Error, CustomStringConvertible {
    let path: String
    let code: Int32
    var isFull: Bool { code == ENOSPC || code == EDQUOT }
    var description: String { "\(path): \(String(cString: strerror(code)))" }
}
