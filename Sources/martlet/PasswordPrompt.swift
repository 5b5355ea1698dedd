import Telemetry

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Reads a password: from the terminal without showing it, or the first line of the standard input.
///
/// Never from the argument list, which every user of the machine can read.
enum PasswordPrompt {
    /// Bytes of one line.
    private static let limit = 4096

    /// - Throws: ``UsageError`` when there is none, or when it was typed in two ways.
    static func read(for handle: String) throws -> String {
        guard isatty(0) == 1 else {
            guard case .line(let bytes) = readLine({ nextByte() }, isTyped: false), !bytes.isEmpty else {
                throw UsageError("No password came in: write it to the standard input, as one line.")
            }
            return try text(bytes)
        }
        let first = try ask("New password for \(TerminalText.line(handle)): ")
        guard try ask("The same again: ") == first else { throw UsageError("These were two different passwords.") }
        return first
    }

    private static func ask(_ question: String) throws -> String {
        var before = termios()
        guard tcgetattr(0, &before) == 0 else { throw UsageError("The terminal does not hide what is typed.") }
        var hidden = before
        // Keys come one by one: Ctrl-C is read here, so that the terminal is never left without its echo.
        hidden.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        guard tcsetattr(0, TCSAFLUSH, &hidden) == 0 else {
            throw UsageError("The terminal does not hide what is typed.")
        }
        try? StandardOutput.write(question, to: 2)
        let answer = readLine({ nextByte() }, isTyped: true)
        tcsetattr(0, TCSAFLUSH, &before)
        try? StandardOutput.write("\n", to: 2)
        switch answer {
        case .cancelled: throw Failed(status: 130)
        case .line(let bytes):
            guard !bytes.isEmpty else { throw UsageError("No password was typed; nothing was changed.") }
            return try text(bytes)
        case .tooLong: throw UsageError("A password is one line of at most \(limit) bytes.")
        }
    }

    enum Answer: Equatable {
        case line([UInt8])
        case tooLong
        /// Ctrl-C.
        case cancelled
    }

    /// Reads up to the end of a line.
    ///
    /// - Parameter isTyped: Whether keys mean what they mean at a terminal.
    static func readLine(_ next: () -> UInt8?, isTyped: Bool) -> Answer {
        var bytes: [UInt8] = []
        while let byte = next() {
            switch byte {
            case 0x0A: return .line(bytes.last == 0x0D ? bytes.dropLast() : bytes)
            case 0x0D where isTyped: return .line(bytes)
            case 0x03 where isTyped: return .cancelled
            case 0x04 where isTyped: return .line(bytes)
            case 0x15 where isTyped: bytes = []
            case 0x08 where isTyped, 0x7F where isTyped:
                // A whole character, whatever its bytes.
                while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
            default:
                guard bytes.count < limit else { return .tooLong }
                bytes.append(byte)
            }
        }
        return .line(bytes)
    }

    private static func text(_ bytes: [UInt8]) throws(UsageError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw UsageError("The password is not in UTF-8.")
        }
        return text
    }

    private static func nextByte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            #if canImport(Glibc)
            let count = Glibc.read(0, &byte, 1)
            #else
            let count = Darwin.read(0, &byte, 1)
            #endif
            if count == 1 { return byte }
            guard count < 0, errno == EINTR else { return nil }
        }
    }
}
