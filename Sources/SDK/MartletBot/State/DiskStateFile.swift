import EventLoop

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A file that is replaced by renaming a new one over it, after its bytes are on the disk.
struct DiskStateFile: StateFile {
    private static let queue = BlockingQueue("bot-state")

    let path: String

    func read() async throws -> [UInt8]? {
        try await Self.queue.run { [path] () throws -> [UInt8]? in
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else {
                if errno == ENOENT { return nil }
                throw BotError.state(path, "cannot be opened", errno)
            }
            defer { close(file) }
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = Self.read(file, into: &buffer)
                if count == 0 { return bytes }
                guard count > 0 else { throw BotError.state(path, "cannot be read", errno) }
                bytes += buffer[..<count]
                // Twice what is ever written: anything larger is not this bot's.
                guard bytes.count <= 2 * StateStore.Limits.total else {
                    throw BotError.state(path, "is larger than a bot's state can be", 0)
                }
            }
        }
    }

    /// Makes sure that the state could be written, so that a bot does not find out with the first thing it has to keep.
    ///
    /// - Throws: ``BotError`` with the code `state`.
    func checkWritable() async throws {
        try await Self.queue.run { [path] () throws in
            let temporary = path + ".new"
            let file = open(temporary, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw BotError.state(temporary, "cannot be made", errno) }
            close(file)
            unlink(temporary)
        }
    }

    func write(_ bytes: [UInt8]) async throws {
        try await Self.queue.run { [path] () throws in
            let temporary = path + ".new"
            let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw BotError.state(temporary, "cannot be made", errno) }
            var isOpen = true
            defer { if isOpen { close(file) } }
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Self.write(file, rest)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw BotError.state(temporary, "cannot be written", errno) }
                rest = rest.dropFirst(count)
            }
            guard fsync(file) == 0 else { throw BotError.state(temporary, "cannot be flushed", errno) }
            close(file)
            isOpen = false
            guard rename(temporary, path) == 0 else { throw BotError.state(path, "cannot be replaced", errno) }
            Self.flushFolder(of: path)
        }
    }

    private static func read(_ file: Int32, into buffer: inout [UInt8]) -> Int {
        while true {
            let count = buffer.withUnsafeMutableBytes { systemRead(file, $0.baseAddress, $0.count) }
            if count >= 0 || errno != EINTR { return count }
        }
    }

    private static func write(_ file: Int32, _ bytes: ArraySlice<UInt8>) -> Int {
        bytes.withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) }
    }

    /// The new name is safe once the folder is on the disk too (fsync(2)).
    private static func flushFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        close(descriptor)
    }
}

// The methods above have the names of the system calls.
#if canImport(Glibc)
private let systemRead = Glibc.read
private let systemWrite = Glibc.write
#else
private let systemRead = Darwin.read
private let systemWrite = Darwin.write
#endif
