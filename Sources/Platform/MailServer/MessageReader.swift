/// Finds the end of a message and takes out the dots that the transfer put in (RFC 5321, section 4.5.2).
///
/// Only CR LF ends a line here. A lone line feed before a dot must not end the message, or the rest of it would be read
/// as commands that its author wrote (SMTP smuggling).
struct MessageReader {
    private enum State {
        case lineStart, dot, dotReturn, text, textReturn
    }

    private let limit: Int
    private var state = State.lineStart
    /// What has come since it was last taken.
    private(set) var bytes: [UInt8] = []
    private var takenCount = 0
    private(set) var isTooLarge = false
    private(set) var isGivenUp = false

    /// - Parameter limit: Bytes past this number are dropped, and the message is marked as too large.
    init(limit: Int) { self.limit = limit }

    /// Hands out what has come since the last time.
    mutating func takeBytes() -> [UInt8] {
        defer { bytes = [] }
        takenCount += bytes.count
        return bytes
    }

    /// Forgets what has come, and looks for the end of the message alone.
    mutating func giveUp() {
        isGivenUp = true
        bytes = []
    }

    /// Reads on.
    ///
    /// - Returns: How many bytes belong to the message, and whether it has ended with the last of them.
    mutating func read(_ input: UnsafeRawBufferPointer) -> (count: Int, isEnd: Bool) {
        var index = 0
        while index < input.count {
            let byte = input[index]
            switch state {
            case .lineStart where byte == UInt8(ascii: "."): state = .dot
            case .lineStart, .textReturn, .text:
                if byte == 0x0D {
                    append(byte)
                    state = .textReturn
                } else if byte == 0x0A, state == .textReturn {
                    append(byte)
                    state = .lineStart
                } else {
                    let end = input[index...].firstIndex(of: 0x0D) ?? input.count
                    append(UnsafeRawBufferPointer(rebasing: input[index..<end]))
                    state = .text
                    index = end
                    continue
                }
            case .dot:
                if byte == 0x0D {
                    state = .dotReturn
                } else {
                    append(byte)
                    state = .text
                }
            case .dotReturn:
                if byte == 0x0A { return (index + 1, true) }
                append(0x0D)
                state = .textReturn
                continue
            }
            index += 1
        }
        return (input.count, false)
    }

    private mutating func append(_ byte: UInt8) {
        guard !isGivenUp else { return }
        guard takenCount + bytes.count < limit else {
            isTooLarge = true
            return
        }
        bytes.append(byte)
    }

    private mutating func append(_ piece: UnsafeRawBufferPointer) {
        guard !isGivenUp else { return }
        let room = limit - takenCount - bytes.count
        if piece.count > room { isTooLarge = true }
        bytes.append(contentsOf: piece.prefix(room))
    }
}
