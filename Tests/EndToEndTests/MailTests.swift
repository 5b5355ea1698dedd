import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3)))
struct MailTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("scripts/try-mail").path

    /// `scripts/try-mail kills` does it two hundred times.
    @Test func `mail that was accepted before a kill is posted exactly once`() async throws {
        let (status, output) = try await MartletProcess.shell("'\(Self.script)' kills 2")
        #expect(status == 0, "\(output)")
        #expect(output.contains("0 lost, 0 posted twice"), "\(output)")
    }
}
