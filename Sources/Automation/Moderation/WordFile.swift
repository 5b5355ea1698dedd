import Foundation

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Lists of words in files.
enum WordFile {
    static let largest = 1 << 20

    /// A word with its line, which counts from 1.
    struct Line {
        let number: Int
        let word: String
    }

    /// The words of a file of one word a line, in UTF-8 with or without a byte order mark, at most 1 MiB.
    static func words(at path: String) throws(WordError) -> [Line] {
        let bytes = try read(path)
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let content = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
        guard let text = String(validating: content, as: UTF8.self) else { throw notUTF8(content, path) }
        return lines(of: text)
    }

    /// The lines that are neither empty nor a remark, without blanks at their ends.
    private static func lines(of text: String) -> [Line] {
        var lines: [Line] = []
        var number = 1
        var rest = text.unicodeScalars[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(where: isLineEnd) ?? rest.endIndex
            var line = rest[..<end]
            while let first = line.first, first.properties.isWhitespace { line.removeFirst() }
            while let last = line.last, last.properties.isWhitespace { line.removeLast() }
            if let first = line.first, first != "#" { lines.append(Line(number: number, word: String(line))) }
            guard end < rest.endIndex else { break }
            var next = rest.index(after: end)
            if rest[end] == "\r", next < rest.endIndex, rest[next] == "\n" { next = rest.index(after: next) }
            rest = rest[next...]
            number += 1
        }
        return lines
    }

    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A...0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    private static func read(_ path: String) throws(WordError) -> [UInt8] {
        // What is no file, such as a pipe, could keep its reader waiting for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw WordError(message: "the file \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw WordError(message: "\(path) is no file; expected a text with one word a line")
        }
        guard let data = try? file.read(upToCount: largest + 1) ?? Data() else {
            throw WordError(message: "the file \(path) cannot be read")
        }
        guard data.count <= largest else {
            throw WordError(message: "\(path) is larger than \(largest) bytes; split it over several rules")
        }
        return Array(data)
    }

    private static func notUTF8(_ bytes: [UInt8], _ path: String) -> WordError {
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
        where String(validating: line, as: UTF8.self) == nil {
            return WordError(message: "not valid UTF-8 in line \(index + 1) of \(path); save it as UTF-8")
        }
        return WordError(message: "\(path) is not valid UTF-8; save it as UTF-8")
    }
}
