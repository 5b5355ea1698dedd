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
    }

    let folder: String
    private var failures: String { "\(folder)/failed" }

    /// Writes a mail so that it survives a crash; the same mail to the same recipients is one file.
    func keep(_ mail: [UInt8], _ envelope: Envelope) throws {
        let head = Array(try JSONEncoder().encode(envelope)) + [0x0A]
        let bytes = head + mail
        let name = Hex.encode(Digest.sha256(bytes))
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let path = "\(folder)/\(name).mail"
        guard access(path, F_OK) != 0 else { return }
        let temporary = "\(folder)/.\(name).\(UInt32.random(in: .min ... .max))"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw MailSpoolError(path: temporary, code: errno) }
        var isWritten = true
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty, isWritten {
                let count = write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { isWritten = false }
            }
        }
        isWritten = isWritten && fsync(file) == 0
        isWritten = close(file) == 0 && isWritten
        guard isWritten, rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw MailSpoolError(path: path, code: code)
        }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw MailSpoolError(path: folder, code: errno) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw MailSpoolError(path: folder, code: errno) }
    }

    /// The files that wait, oldest first.
    func waiting() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".mail") && !$0.hasPrefix(".") }.map { name in
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            return (name, attributes?[.modificationDate] as? Date ?? .distantPast)
        }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
    }

    func read(_ name: String) throws -> (mail: [UInt8], envelope: Envelope) {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
        guard let end = data.firstIndex(of: 0x0A) else { throw MailSpoolError(path: name, code: EINVAL) }
        return (Array(data[(end + 1)...]), try JSONDecoder().decode(Envelope.self, from: data[..<end]))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(folder)/\(name)") }

    /// Puts a mail that cannot be posted where a person finds it.
    func putAside(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: failures, withIntermediateDirectories: true)
        try? FileManager.default.removeItem(atPath: "\(failures)/\(name)")
        try FileManager.default.moveItem(atPath: "\(folder)/\(name)", toPath: "\(failures)/\(name)")
    }
}

/// The disk would not take a mail.
struct MailSpoolError: Error, CustomStringConvertible {
    let path: String
    let code: Int32
    var description: String { "\(path): \(String(cString: strerror(code)))" }
}
