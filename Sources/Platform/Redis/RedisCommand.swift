/// A command with its arguments, in the form in which it is sent.
///
/// Arguments are appended to one buffer, without an object each; any bytes are allowed in them.
package struct RedisCommand: Sendable {
    // The array's head is written when the command is sent, because its count is known only then.
    private var body: [UInt8] = []
    private var count = 0

    /// - Parameter parts: The command's name and its arguments: texts, bytes or integers.
    package init(_ parts: any RedisArgument...) { self.init(parts) }

    package init(_ parts: [any RedisArgument]) {
        body.reserveCapacity(parts.count * 24)
        for part in parts { part.append(to: &self) }
    }

    package mutating func append(_ text: String) {
        count += 1
        var text = text
        text.withUTF8 { appendBulk(UnsafeRawBufferPointer($0)) }
    }

    package mutating func append(_ bytes: [UInt8]) {
        count += 1
        bytes.withUnsafeBytes { appendBulk($0) }
    }

    package mutating func append(_ number: Int64) {
        count += 1
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var start = digits.count
            var rest = number.magnitude
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 {
                start -= 1
                digits[start] = UInt8(ascii: "-")
            }
            appendBulk(UnsafeRawBufferPointer(rebasing: digits[start...]))
        }
    }

    /// Writes the command behind what `bytes` holds.
    func encode(into bytes: inout [UInt8]) {
        Self.appendHead(UInt8(ascii: "*"), count, to: &bytes)
        bytes.append(contentsOf: body)
    }

    /// About how many bytes ``encode(into:)`` adds.
    var encodedSize: Int { body.count + 8 }

    private mutating func appendBulk(_ bytes: UnsafeRawBufferPointer) {
        Self.appendHead(UInt8(ascii: "$"), bytes.count, to: &body)
        body.append(contentsOf: bytes)
        body.append(UInt8(ascii: "\r"))
        body.append(UInt8(ascii: "\n"))
    }

    private static func appendHead(_ type: UInt8, _ count: Int, to bytes: inout [UInt8]) {
        bytes.append(type)
        if count < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(count))
        } else {
            let start = bytes.count
            var rest = count
            while rest > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
                rest /= 10
            }
            bytes[start...].reverse()
        }
        bytes.append(UInt8(ascii: "\r"))
        bytes.append(UInt8(ascii: "\n"))
    }
}

/// What may stand in a command.
package protocol RedisArgument: Sendable {
    func append(to command: inout RedisCommand)
}

extension String: RedisArgument {
    package func append(to command: inout RedisCommand) { command.append(self) }
}

extension [UInt8]: RedisArgument {
    package func append(to command: inout RedisCommand) { command.append(self) }
}

extension Int64: RedisArgument {
    package func append(to command: inout RedisCommand) { command.append(self) }
}

extension Int: RedisArgument {
    package func append(to command: inout RedisCommand) { command.append(Int64(self)) }
}
