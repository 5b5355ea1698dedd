import EmbeddedServers
import EventLoop
import Foundation
import Lifecycle
import Subprocess
import Telemetry

/// An empty database of PostgreSQL, made once: to make one takes a second of a processor, to copy it a tenth.
package enum EmptyDatabase {
    private static let made = Task { () async throws -> String in
        let folder = try temporaryDirectory(isDisposable: true)
        let postgres = EmbeddedPostgres(
            EmbeddedServersConfiguration(folder: try DirectoryLock(folder)), loop: EventLoop(name: "template"),
            logger: .silent)
        try await postgres.start()
        await postgres.stop()
        return folder + "/postgres"
    }

    /// Puts one into the data folder of a server that has none, as its first start would.
    package static func place(in folder: String) async throws {
        let target = folder + "/postgres"
        guard !FileManager.default.fileExists(atPath: target) else { return }
        // With its owner, who is not root where the tests are.
        let copy = try ChildProcess.start(
            ChildProcess.Command(arguments: ["/bin/cp", "-a", try await made.value, target], log: "/dev/null"))
        await copy.ended.wait()
        guard copy.ending == .code(0) else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: target])
        }
    }
}
