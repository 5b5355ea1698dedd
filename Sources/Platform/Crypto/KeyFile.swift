#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A secret kept in a file that its owner alone may read, as one line of hex.
package enum KeyFile {
    /// Reads the key, or makes one when there is no file.
    ///
    /// Two processes that start at once end up with the same key.
    ///
    /// - Parameter count: The bytes of the key.
    /// - Throws: ``CryptoError`` `file` when the file cannot be read or written, when group or others may read it, or
    ///   when it holds something else.
    package static func loadOrCreate(path: String, bytes count: Int = 32) throws(CryptoError) -> [UInt8] {
        if let key = try load(path, count) { return key }
        try create(path, SecureRandom.bytes(count))
        guard let key = try load(path, count) else { throw fail("was removed while it was made", path) }
        return key
    }

    /// Reads the key; nil when there is no file.
    ///
    /// - Throws: As ``loadOrCreate(path:bytes:)`` does.
    package static func load(path: String, bytes count: Int = 32) throws(CryptoError) -> [UInt8]? {
        try load(path, count)
    }

    private static func load(_ path: String, _ count: Int) throws(CryptoError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw fail("cannot be opened: \(reason())", path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw fail("is no plain file", path)
        }
        guard status.st_mode & 0o077 == 0 else {
            throw fail("can be read by others than its owner: set its mode to 600 and think about a new key", path)
        }
        var text = [UInt8](repeating: 0, count: count * 2 + 2)
        let length = read(descriptor, &text, text.count)
        guard length >= 0 else { throw fail("cannot be read: \(reason())", path) }
        var line = text.prefix(length)
        if line.last == UInt8(ascii: "\n") { line.removeLast() }
        guard let key = Hex.decode(String(decoding: line, as: UTF8.self)), key.count == count else {
            throw fail("does not hold \(count) bytes in hex", path)
        }
        return key
    }

    /// Writes beside `path` and links the whole file into place; leaves a file that is there already alone.
    private static func create(_ path: String, _ key: [UInt8]) throws(CryptoError) {
        let draft = "\(path).\(SecureRandom.base32Token(bytes: 10))"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw fail("cannot be made: \(reason())", path) }
        defer { unlink(draft) }
        let text = Array("\(Hex.encode(key))\n".utf8)
        // A write this small to a plain file is whole or fails.
        let isWritten = write(descriptor, text, text.count) == text.count && fsync(descriptor) == 0
        let problem = reason()
        close(descriptor)
        guard isWritten else { throw fail("cannot be written: \(problem)", path) }
        guard link(draft, path) == 0 || errno == EEXIST else { throw fail("cannot be made: \(reason())", path) }
    }

    private static func reason() -> String { String(cString: strerror(errno)) }

    private static func fail(_ sentence: String, _ path: String) -> CryptoError {
        CryptoError(.file, "the key file \(path) \(sentence)")
    }
}
