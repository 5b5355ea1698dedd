import Foundation
import Glibc
import Synchronization

/// Tells on standard error how far a run has come: one line that is written over on a terminal, plain lines elsewhere.
final class Progress: Sendable {
    private let start = ContinuousClock.now
    private let isTerminal = isatty(2) == 1
    private let last = Mutex("")

    func note(_ text: String) {
        last.withLock { $0 = text }
        if !isTerminal { write("· \(seconds) s  \(text)\n") }
    }

    func show(_ text: String) {
        guard isTerminal else { return }
        let note = last.withLock { $0 }
        write("\r\u{1B}[K\(seconds) s  \(text)  · \(note)")
    }

    func finish() { if isTerminal { write("\r\u{1B}[K") } }

    var seconds: Int { Int((ContinuousClock.now - start).components.seconds) }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
