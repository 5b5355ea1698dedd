import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Shows on the standard error stream how far an import is: a bar on a terminal, a line now and then elsewhere.
final class ImportProgress: Sendable {
    private let isTerminal: Bool
    private let start = ContinuousClock.now
    private let lastLine: Mutex<ContinuousClock.Instant>
    /// How often a line is written where there is no terminal.
    private static let interval = Duration.seconds(5)
    private static let width = 30

    init(isTerminal: Bool = isatty(2) == 1) {
        self.isTerminal = isTerminal
        lastLine = Mutex(start)
    }

    /// Shows `done` of `total` until it is cancelled.
    func run(total: Int, done: @Sendable () -> Int) async {
        while !Task.isCancelled {
            show(done(), total)
            try? await Task.sleep(for: .milliseconds(200))
        }
        if isTerminal { write(bar(done(), total) + "\n") }
    }

    /// Says something above the bar.
    func note(_ sentence: String) { write((isTerminal ? "\r\u{1b}[2K" : "") + sentence + "\n") }

    private func show(_ done: Int, _ total: Int) {
        if isTerminal { return write(bar(done, total)) }
        let isDue = lastLine.withLock { last in
            guard ContinuousClock.now - last >= Self.interval else { return false }
            last = .now
            return true
        }
        if isDue { write(figures(done, total) + "\n") }
    }

    private func bar(_ done: Int, _ total: Int) -> String {
        let filled = total > 0 ? min(Self.width, done * Self.width / total) : Self.width
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        return "\r\u{1b}[2K\(bar) \(figures(done, total))"
    }

    private func figures(_ done: Int, _ total: Int) -> String {
        let (seconds, part) = (ContinuousClock.now - start).components
        let elapsed = Double(seconds) + Double(part) / 1e18
        let rate = elapsed > 0 ? Int(Double(done) / elapsed) : 0
        let clock = "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
        return "\(done)/\(total) lines  \(rate) messages/s  \(clock)"
    }

    private func write(_ text: String) {
        // One call for each text, so that lines of several tasks do not mix.
        _ =
            text.utf8.withContiguousStorageIfAvailable { Self.writeAll($0) }
            ?? Array(text.utf8).withUnsafeBufferPointer { Self.writeAll($0) }
    }

    private static func writeAll(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        #if canImport(Glibc)
        Glibc.write(2, bytes.baseAddress, bytes.count)
        #else
        Darwin.write(2, bytes.baseAddress, bytes.count)
        #endif
    }
}
