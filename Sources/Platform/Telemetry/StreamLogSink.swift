#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Writes each record as one line to a file descriptor, in one `write`, so that lines of several threads never mix.
package struct StreamLogSink: LogSink {
    /// How a line reads.
    package enum Format: String, Sendable, CaseIterable {
        /// One JSON object a line, for machines.
        case json
        /// Time, level, service, event and keys; coloured when the descriptor is a terminal.
        case human
    }

    private let descriptor: Int32
    private let format: Format
    private let colour: Bool

    package init(descriptor: Int32 = 2, format: Format) {
        self.descriptor = descriptor
        self.format = format
        self.colour = format == .human && isatty(descriptor) == 1
    }

    package func write(_ record: LogRecord) {
        var line =
            switch format {
            case .json: LogFormat.json(record, at: Timestamp.now())
            case .human: LogFormat.human(record, at: Timestamp.now(), colour: colour)
            }
        line.append("\n")
        line.withUTF8 { bytes in
            // A log that cannot be written (a closed pipe, a full disk) must not stop the server.
            #if canImport(Glibc)
            _ = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            #else
            _ = Darwin.write(descriptor, bytes.baseAddress, bytes.count)
            #endif
        }
    }
}
