import Foundation
import Glibc

/// Tells on standard error how far a run has come.
final class Progress: Sendable {
    private let begun = ContinuousClock.now
    private let isTerminal = isatty(2) == 1

    func note(_ text: String) {
        let seconds = Int((ContinuousClock.now - begun).components.seconds)
        write(isTerminal ? "\r\u{1B}[K\u{1B}[2m\(seconds) s\u{1B}[0m  \(text)" : "· \(seconds) s  \(text)\n")
    }

    /// A figure that was just taken.
    func row(_ row: Row) { write((isTerminal ? "\r\u{1B}[K  " : "    ") + RowText.line(row) + "\n") }

    func warn(_ text: String) {
        write((isTerminal ? "\r\u{1B}[K\u{1B}[33mmissing\u{1B}[0m  " : "    missing: ") + text + "\n")
    }

    func finish() { if isTerminal { write("\r\u{1B}[K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
