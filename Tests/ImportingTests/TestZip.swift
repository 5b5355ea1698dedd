/// Writes zip archives, wrong ones too.
enum TestZip {
    struct File {
        var name: String
        var bytes: [UInt8]
        var isDeflated = true
        /// What is said of the size, where it is a lie.
        var size: Int?
        var offset: Int?
        var checksum: UInt32?

        init(_ name: String, _ text: String, size: Int? = nil, offset: Int? = nil, checksum: UInt32? = nil) {
            self.name = name
            bytes = Array(text.utf8)
            self.size = size
            self.offset = offset
            self.checksum = checksum
        }
    }

    static func bytes(_ files: [File]) -> [UInt8] {
        var (out, list): ([UInt8], [UInt8]) = ([], [])
        for file in files {
            // "Deflated" into blocks that are stored as they are (RFC 1951, section 3.2.4).
            var packed: [UInt8] = []
            if file.isDeflated {
                var rest = file.bytes[...]
                repeat {
                    let block = rest.prefix(65_535)
                    rest = rest.dropFirst(block.count)
                    packed += [rest.isEmpty ? 1 : 0] + little(block.count, 2) + little(~block.count & 0xFFFF, 2) + block
                } while !rest.isEmpty
            } else {
                packed = file.bytes
            }
            let name = Array(file.name.utf8)
            let method = little(file.isDeflated ? 8 : 0, 2)
            let sizes =
                little(Int(file.checksum ?? crc(file.bytes)), 4) + little(packed.count, 4)
                + little(file.size ?? file.bytes.count, 4)
            list += little(0x0201_4b50, 4) + [20, 0, 20, 0, 0, 0] + method + [0, 0, 0, 0] + sizes
            list +=
                little(name.count, 2) + [UInt8](repeating: 0, count: 12) + little(file.offset ?? out.count, 4) + name
            out += little(0x0403_4b50, 4) + [20, 0, 0, 0] + method + [0, 0, 0, 0] + sizes
            out += little(name.count, 2) + [0, 0] + name + packed
        }
        let end = little(0x0605_4b50, 4) + [0, 0, 0, 0] + little(files.count, 2) + little(files.count, 2)
        return out + list + end + little(list.count, 4) + little(out.count, 4) + [0, 0]
    }

    private static func little(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = ~0
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
