package import Foundation

/// Why an archive, or a file in it, cannot be read: a sentence for who gave it.
package struct ZipError: Error, Sendable, Hashable {
    package let description: String

    package init(description: String) { self.description = description }
}

/// Reads the files of a zip archive (PKWARE's APPNOTE 6.3) into memory, one at a time; writes nothing anywhere.
///
/// Files are stored or deflated. Names never become paths; those that would lead out of a folder are refused all the same.
/// An archive is bounded by the number of its files, a file by its size, and no two files share bytes: so what comes out
/// is never more than deflate makes of what is there.
package struct ZipArchive: Sendable {
    package struct Entry: Sendable, Hashable {
        package let name: String
        /// Bytes when it is read.
        package let size: Int
        let packedSize: Int
        let offset: Int
        let method: UInt16
        let checksum: UInt32
        let isEncrypted: Bool
    }

    package static let maximumEntries = 500_000
    package static let maximumName = 1024

    /// The files, folders left out, in their order.
    package let entries: [Entry]
    private let bytes: Data

    /// - Throws: ``ZipError``.
    package init(_ data: Data) throws {
        // An index that begins at 0 for what is computed from the archive's own numbers.
        bytes = data.startIndex == 0 ? data : Data(data)
        let end = try Self.end(of: bytes)
        guard end.count <= Self.maximumEntries else {
            throw ZipError(description: "It has \(end.count) files; at most \(Self.maximumEntries) are read.")
        }
        var entries: [Entry] = []
        entries.reserveCapacity(min(end.count, end.size / 46))
        var names: Set<String> = []
        var place = end.offset
        for _ in 0..<end.count {
            let (entry, next) = try Self.entry(bytes, at: place, limit: end.offset + end.size)
            place = next
            guard !entry.name.hasSuffix("/") else { continue }
            guard names.insert(entry.name).inserted else {
                throw ZipError(description: "It has two files named \"\(entry.name)\".")
            }
            entries.append(entry)
        }
        try Self.checkOverlaps(entries, end.offset)
        self.entries = entries
    }

    /// The bytes of a file.
    ///
    /// - Parameter limit: Of its size.
    /// - Throws: ``ZipError``.
    package func read(_ entry: Entry, limit: Int) throws -> [UInt8] {
        func fail(_ reason: String) -> ZipError { ZipError(description: "\"\(entry.name)\" \(reason)") }
        guard !entry.isEncrypted else { throw fail("is encrypted.") }
        guard entry.size <= limit else { throw fail("has \(entry.size) bytes; at most \(limit) are read.") }
        guard entry.method == 0 || entry.method == 8 else {
            throw fail("is packed by method \(entry.method); \"stored\" and \"deflated\" are known.")
        }
        guard Self.number(bytes, entry.offset, 4) == 0x0403_4b50, let name = Self.number(bytes, entry.offset + 26, 2),
            let extra = Self.number(bytes, entry.offset + 28, 2)
        else { throw fail("is not where the archive says.") }
        let start = entry.offset + 30 + name + extra
        guard start <= bytes.count, entry.packedSize <= bytes.count - start else { throw fail("is cut off.") }
        let read = bytes.withUnsafeBytes { all -> [UInt8]? in
            let packed = UnsafeRawBufferPointer(rebasing: all[start..<(start + entry.packedSize)])
            if entry.method == 0 { return entry.size == entry.packedSize ? Array(packed) : nil }
            return Inflater.inflate(packed, count: entry.size)
        }
        guard let read else { throw fail("is damaged, or has another size than it says.") }
        guard read.withUnsafeBytes({ Inflater.checksum($0) }) == entry.checksum else {
            throw fail("is damaged: its checksum is another one.")
        }
        return read
    }

    // MARK: Parts

    private static let notZip = ZipError(description: "It is no zip archive, or its end is missing.")

    /// A number of `width` bytes, little-endian; nil when it is cut off or negative as an `Int`.
    private static func number(_ bytes: Data, _ place: Int, _ width: Int) -> Int? {
        guard place >= 0, place <= bytes.count - width else { return nil }
        var value: UInt64 = 0
        for index in (0..<width).reversed() { value = value << 8 | UInt64(bytes[place + index]) }
        return Int(exactly: value)
    }

    private static func end(of bytes: Data) throws -> (count: Int, size: Int, offset: Int) {
        // The end has 22 bytes, and a comment of up to 65,535 behind it.
        var place = bytes.count - 22
        let first = max(0, place - 65_535)
        while place >= first {
            if number(bytes, place, 4) == 0x0605_4b50, let comment = number(bytes, place + 20, 2),
                place + 22 + comment == bytes.count
            {
                break
            }
            place -= 1
        }
        guard place >= first, place >= 0, var count = number(bytes, place + 10, 2),
            var size = number(bytes, place + 12, 4), var offset = number(bytes, place + 16, 4)
        else { throw notZip }
        if count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF,
            number(bytes, place - 20, 4) == 0x0706_4b50
        {
            guard let wide = number(bytes, place - 12, 8), number(bytes, wide, 4) == 0x0606_4b50,
                let wideCount = number(bytes, wide + 32, 8), let wideSize = number(bytes, wide + 40, 8),
                let wideOffset = number(bytes, wide + 48, 8)
            else { throw notZip }
            (count, size, offset) = (wideCount, wideSize, wideOffset)
        }
        guard offset <= place, size <= place - offset, count <= size / 46 else { throw notZip }
        return (count, size, offset)
    }

    private static func entry(_ bytes: Data, at place: Int, limit: Int) throws -> (entry: Entry, next: Int) {
        let damaged = ZipError(description: "The archive's list of files is damaged.")
        guard place <= limit - 46, number(bytes, place, 4) == 0x0201_4b50, let flags = number(bytes, place + 8, 2),
            let method = number(bytes, place + 10, 2), let checksum = number(bytes, place + 16, 4),
            var packed = number(bytes, place + 20, 4), var size = number(bytes, place + 24, 4),
            let nameCount = number(bytes, place + 28, 2), let extraCount = number(bytes, place + 30, 2),
            let commentCount = number(bytes, place + 32, 2), var offset = number(bytes, place + 42, 4)
        else { throw damaged }
        let next = place + 46 + nameCount + extraCount + commentCount
        guard next <= limit else { throw damaged }
        guard nameCount <= maximumName else {
            throw ZipError(description: "A file's name has \(nameCount) bytes; at most \(maximumName) are read.")
        }
        let nameEnd = place + 46 + nameCount
        let name = String(decoding: bytes[(place + 46)..<nameEnd], as: UTF8.self)
        try check(name)
        // What does not fit into four bytes stands behind the name, in this order.
        if let wide = try wideNumbers(bytes, nameEnd..<(nameEnd + extraCount), damaged) {
            var numbers = wide[...]
            if size == 0xFFFF_FFFF { size = numbers.popFirst() ?? size }
            if packed == 0xFFFF_FFFF { packed = numbers.popFirst() ?? packed }
            if offset == 0xFFFF_FFFF { offset = numbers.popFirst() ?? offset }
        }
        return (
            Entry(
                name: name, size: size, packedSize: packed, offset: offset, method: UInt16(method),
                checksum: UInt32(checksum), isEncrypted: flags & 1 == 1), next
        )
    }

    private static func wideNumbers(_ bytes: Data, _ extra: Range<Int>, _ damaged: ZipError) throws -> [Int]? {
        var place = extra.lowerBound
        while place + 4 <= extra.upperBound, let kind = number(bytes, place, 2), let count = number(bytes, place + 2, 2)
        {
            guard place + 4 + count <= extra.upperBound else { throw damaged }
            if kind == 1 {
                return try stride(from: place + 4, to: place + 4 + count / 8 * 8, by: 8).map {
                    guard let value = number(bytes, $0, 8) else { throw damaged }
                    return value
                }
            }
            place += 4 + count
        }
        return nil
    }

    private static func check(_ name: String) throws {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !name.isEmpty, !name.hasPrefix("/"), !name.contains("\\"), !name.utf8.contains(0),
            !parts.contains(".."), !name.unicodeScalars.contains("\u{FFFD}")
        else {
            throw ZipError(
                description: "A file has a name that leads elsewhere, or that is none: \"\(name.prefix(80))\".")
        }
    }

    /// Archives that mean to fill a disk have many files made of the same bytes.
    private static func checkOverlaps(_ entries: [Entry], _ end: Int) throws {
        var last = 0
        for entry in entries.sorted(by: { $0.offset < $1.offset }) {
            guard entry.offset >= last, entry.offset <= end, entry.packedSize <= end - entry.offset else {
                throw ZipError(description: "\"\(entry.name)\" lies where another file is, or outside of the archive.")
            }
            last = entry.offset + 30 + entry.packedSize
        }
    }
}
