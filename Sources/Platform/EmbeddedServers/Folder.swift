#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The few file operations that a data folder needs; each is short enough to block.
enum Folder {
    /// Makes a folder and those above it; one that exists is left as it is.
    static func make(_ path: String, mode: mode_t = 0o755) throws(EmbeddedServersError) {
        if mkdir(path, mode) == 0 { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try make(String(path[..<slash]), mode: 0o755)
            if mkdir(path, mode) == 0 { return }
        }
        let failure = errno
        guard failure == EEXIST, isFolder(path) else {
            throw EmbeddedServersError(.folder, "cannot make the folder \(path): \(systemMessage(failure))")
        }
    }

    /// Makes a folder that only `account` can open; one that exists is given to it.
    static func makePrivate(_ path: String, for account: ServerAccount?) throws(EmbeddedServersError) {
        try make(path, mode: 0o700)
        guard let account else { return }
        guard chown(path, account.user, account.group) == 0, chmod(path, 0o700) == 0 else {
            throw EmbeddedServersError(.folder, "cannot give away the folder \(path): \(systemMessage())")
        }
    }

    /// Whether there is a folder, or a link to one.
    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// What lies at `path`; a link is not followed.
    static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    /// The size of a file in bytes; 0 when there is none.
    static func size(_ path: String) -> Int { status(path).map { Int($0.st_size) } ?? 0 }

    /// The names in a folder; empty when it cannot be read.
    static func names(_ path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// The beginning of a small text file, or what follows `offset`.
    static func read(_ path: String, from offset: Int = 0, limit: Int) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = pread(descriptor, &bytes, limit, off_t(offset))
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    static func write(_ text: String, to path: String) throws(EmbeddedServersError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw EmbeddedServersError(.folder, "cannot write \(path): \(systemMessage())")
        }
        defer { close(descriptor) }
        let written = text.withCString { writeBytes(descriptor, $0, strlen($0)) }
        guard written == text.utf8.count else {
            throw EmbeddedServersError(.folder, "cannot write \(path): \(systemMessage())")
        }
    }

    /// Removes a folder with all below it; symbolic links are removed, not followed.
    static func remove(_ path: String) {
        if let status = status(path), status.st_mode & S_IFMT == S_IFDIR {
            for name in names(path) { remove(path + "/" + name) }
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}

private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

func systemMessage(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

extension String {
    /// Without blanks and line ends on either side.
    var trimmed: String {
        var rest = Substring(self)
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
