package import EventLoop
import MartletClient
import Telemetry

/// `martlet import irc FILE… --channel NAME`: brings IRC logs into a channel of a running server.
///
/// Every line that is not blank becomes exactly one message. Sending stops and goes on with the server; a second run
/// doubles nothing.
package struct ImportCommand: Sendable {
    /// What can stand on the command line.
    package static let usage = ImportOptions.usage

    private let options: ImportOptions

    /// - Parameter arguments: What follows `import` on the command line.
    /// - Throws: ``ImportError`` with the code `usage`.
    package init(arguments: [String], environment: [String: String]) throws {
        options = try ImportOptions(arguments: arguments, environment: environment)
    }

    /// Imports, shows the progress on the standard error stream, and prints the summary.
    ///
    /// - Throws: ``ImportError``, in a sentence for the terminal; `CancellationError`.
    package func run(group: EventLoopGroup) async throws {
        let summary = try await perform(loop: group.next())
        try StandardOutput.line(options.printsJSON ? summary.json : summary.text)
    }

    func perform(loop: EventLoop) async throws -> ImportSummary {
        let client: MartletClient
        do {
            client = try MartletClient(
                url: options.url, credentials: options.credentials, loop: loop, caFile: options.caFile)
        } catch let error as MartletClientError {
            throw ImportError(.usage, error.detail)
        }
        return try await ImportRun(options: options, client: client, progress: ImportProgress()).run()
    }
}
