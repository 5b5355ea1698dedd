#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The one way to the standard output: what cannot be written is told, and never a crash.
package enum StandardOutput {
    /// Prepares the three standard streams; to be called before anything else opens a file.
    ///
    /// A stream that was closed (`>&-`) would be the next file or socket that is opened, and what is printed would go
    /// there. In its place stands one that refuses: a command says that it cannot write, and a server runs on.
    package static func prepare() {
        // A reader that has gone is told by the write itself.
        signal(SIGPIPE, SIG_IGN)
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
            // Gets the lowest free number, which is this one.
            _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
        }
    }

    /// Writes all of a text, at once.
    package static func write(_ text: String, to descriptor: Int32 = 1) throws(StandardOutputError) {
        try write(Array(text.utf8), to: descriptor)
    }

    package static func write(_ bytes: [UInt8], to descriptor: Int32 = 1) throws(StandardOutputError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { writeSome(descriptor, $0) }
            if count >= 0 {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, 1000)
            case EPIPE: throw .closed
            case let number: throw .failed(number)
            }
        }
    }

    /// Writes a text and the end of the line.
    package static func line(_ text: String) throws(StandardOutputError) { try write(text + "\n") }

    /// Writes lines, in one piece.
    package static func lines(_ lines: [String]) throws(StandardOutputError) {
        guard !lines.isEmpty else { return }
        try write(lines.joined(separator: "\n") + "\n")
    }

    /// Says something on the standard error stream; where that cannot be written, nobody would hear of it anyway.
    ///
    /// - Parameter program: Who says it.
    package static func note(_ sentence: String, program: String = "martlet") {
        try? write("\(program): \(sentence)\n", to: 2)
    }

    private static func writeSome(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #else
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}

/// Why the output ends here.
package enum StandardOutputError: Error, Equatable, CustomStringConvertible {
    /// Whoever read it has gone, as `head` does; nobody is to be told.
    case closed
    /// An error number of write(2).
    case failed(Int32)

    package var description: String {
        switch self {
        case .closed: "the output was closed"
        case .failed(let number): "write error: \(String(cString: strerror(number)))"
        }
    }
}
