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
    private var failures: String { "\(folder)/failed" }

    init(folder: String) { self.folder = folder }

    /// Makes the folder, and takes away what was being received when the process ended: nobody was told that it is kept.
    func prepare() throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix(".") {
            unlink("\(folder)/\(name)")
        }
    }

    /// Begins a file; it counts when it is committed.
    func begin(_ envelope: Envelope) throws -> MailSpoolFile {
        let head = Array(try JSONEncoder().encode(envelope)) + [0x0A]
        // In the order of arrival, and never the same twice.
        let time = UInt64(Date().timeIntervalSince1970 * 1_000_000)
        let name = String(time, radix: 16) + "-" + Hex.encode(SecureRandom.bytes(6))
        return try MailSpoolFile(folder: folder, name: name, head: head)
    }

    /// The files that wait, oldest first.
    func waiting() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".mail") && !$0.hasPrefix(".") }.sorted()
    }

    func read(_ name: String) throws -> (mail: [UInt8], envelope: Envelope) {
        let bytes = try MailSpoolFile.read("\(folder)/\(name)")
        guard let end = bytes.firstIndex(of: 0x0A) else { throw MailSpoolError(path: name, code: EINVAL) }
        return (Array(bytes[(end + 1)...]), try JSONDecoder().decode(Envelope.self, from: Data(bytes[..<end])))
    }

    func remove(_ name: String) throws {
        guard unlink("\(folder)/\(name)") == 0 || errno == ENOENT else {
            throw MailSpoolError(path: name, code: errno)
        }
    }

    /// Puts a mail that cannot be posted where a person finds it.
    func putAside(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: failures, withIntermediateDirectories: true)
        try? FileManager.default.removeItem(atPath: "\(failures)/\(name)")
        try FileManager.default.moveItem(atPath: "\(folder)/\(name)", toPath: "\(failures)/\(name)")
    }
}

/// One mail on its way into the spool.
///
/// Used by one call at a time.
final class MailSpoolFile: @unchecked Sendable {
    let name: String
    private let folder: String
    private let headCount: Int
    private var descriptor: Int32
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
        try bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { throw failure }
            }
        }
    }

    /// What was appended.
    func contents() throws -> [UInt8] { try Self.read(descriptor, from: headCount, path) }

    /// Makes the file one that waits, so that it survives a crash.
    func commit() throws {
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw failure }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure }
        close(descriptor)
        descriptor = -1
    }

    func discard() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        unlink(temporary)
    }

    private var failure: MailSpoolError { MailSpoolError(path: folder, code: errno) }

    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw MailSpoolError(path: path, code: errno) }
        defer { close(descriptor) }
        return try read(descriptor, from: 0, path)
    }

    private static func read(_ descriptor: Int32, from start: Int, _ path: String) throws -> [UInt8] {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw MailSpoolError(path: path, code: errno) }
        let size = max(0, Int(status.st_size) - start)
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
