import CHyperscan

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Compiled patterns in a folder, so that thousands of words are compiled once and not at each start.
///
/// A hint: what cannot be read, is of another version of Hyperscan or of other patterns is compiled anew, and what
/// cannot be written is not kept. Whoever may write there decides what is found, so the folder is the server's own.
package struct PatternCache: Sendable {
    private static let mark = Array("martlet patterns 1\n".utf8)
    private static let suffix = ".patterns"
    /// Files of a folder: those in use, and those of the texts before.
    private static let mostFiles = 6
    private static let largestFile = 256 << 20

    private let folder: String

    package init(folder: String) { self.folder = folder }

    /// What was compiled of these expressions before; the caller owns it.
    func database(of expressions: [CompiledExpression]) -> OpaquePointer? {
        let source = Self.source(expressions)
        guard let bytes = Self.read(path(source)) else { return nil }
        let head = Self.mark + Self.length(source) + source
        // The whole source is compared: the name alone could be another's.
        guard bytes.count > head.count, bytes.starts(with: head) else { return nil }
        var database: OpaquePointer?
        // Has a checksum of its own, and refuses what another version or processor has made.
        let status = bytes[head.count...].withUnsafeBytes { raw in
            hs_deserialize_database(raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count, &database)
        }
        return status == HS_SUCCESS ? database : nil
    }

    func keep(_ database: OpaquePointer, of expressions: [CompiledExpression]) {
        var serialized: UnsafeMutablePointer<CChar>?
        var length = 0
        guard hs_serialize_database(database, &serialized, &length) == HS_SUCCESS, let serialized else { return }
        defer { free(serialized) }
        let source = Self.source(expressions)
        var bytes = Self.mark + Self.length(source) + source
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: serialized, count: length))
        guard bytes.count <= Self.largestFile else { return }
        makeFolder()
        let path = path(source)
        let new = "\(path).\(getpid()).new"
        guard Self.write(bytes, to: new), rename(new, path) == 0 else {
            unlink(new)
            return
        }
        removeOldest()
    }

    private func makeFolder() {
        var path = folder.hasPrefix("/") ? "" : "."
        for part in folder.split(separator: "/") {
            path += "/\(part)"
            mkdir(path, 0o700)
        }
    }

    private func path(_ source: [UInt8]) -> String {
        // FNV-1a: only to find it.
        let hash = source.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return "\(folder)/\(String(hash, radix: 16))\(Self.suffix)"
    }

    /// Everything that the compiled form follows from.
    private static func source(_ expressions: [CompiledExpression]) -> [UInt8] {
        var source = Array(String(cString: hs_version()).utf8)
        for expression in expressions {
            source += "\u{0}\(expression.flags) ".utf8
            source += expression.expression.utf8
        }
        return source
    }

    private static func length(_ source: [UInt8]) -> [UInt8] { Array("\(source.count)\n".utf8) }

    private func removeOldest() {
        guard let directory = opendir(folder) else { return }
        var files: [(path: String, time: Int)] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            guard name.hasSuffix(Self.suffix), stat("\(folder)/\(name)", &status) == 0 else { continue }
            #if canImport(Glibc)
            files.append(("\(folder)/\(name)", status.st_mtim.tv_sec))
            #else
            files.append(("\(folder)/\(name)", status.st_mtimespec.tv_sec))
            #endif
        }
        closedir(directory)
        for file in files.sorted(by: { $0.time > $1.time }).dropFirst(Self.mostFiles) { unlink(file.path) }
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, (1...largestFile).contains(Int(status.st_size)) else { return nil }
        let size = Int(status.st_size)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                #if canImport(Glibc)
                let part = Glibc.read(descriptor, buffer.baseAddress! + count, size - count)
                #else
                let part = Darwin.read(descriptor, buffer.baseAddress! + count, size - count)
                #endif
                guard part > 0 else { break }
                count += part
            }
        }
        return bytes.count == size ? bytes : nil
    }

    private static func write(_ bytes: [UInt8], to path: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return bytes.withUnsafeBytes { raw in
            var done = 0
            while done < raw.count {
                #if canImport(Glibc)
                let part = Glibc.write(descriptor, raw.baseAddress! + done, raw.count - done)
                #else
                let part = Darwin.write(descriptor, raw.baseAddress! + done, raw.count - done)
                #endif
                guard part > 0 else { return false }
                done += part
            }
            return true
        }
    }
}
