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
        if options.kind == .irc {
            let summary = try await perform(loop: group.next())
            print(options.printsJSON ? summary.json : summary.text)
        } else {
            let summary = try await performArchive(loop: group.next())
            print(options.printsJSON ? summary.json : summary.text)
        }
    }

    func performArchive(loop: EventLoop) async throws -> ArchiveSummary {
        let path = options.files[0]
        let archive: any Archive =
            options.kind == .slack ? try SlackExport(path: path) : try MattermostExport(path: path)
        return try await ArchiveRun(
            archive: archive, source: options.source ?? type(of: archive).defaultSource, match: options.match,
            patience: options.patience, client: try client(loop: loop), progress: ImportProgress()
        ).run()
    }

    private func client(loop: EventLoop) throws(ImportError) -> MartletClient {
        do {
            return try MartletClient(url: options.url, credentials: options.credentials, loop: loop)
        } catch let error as MartletClientError {
            throw ImportError(.usage, error.detail)
        } catch {
            throw ImportError(.usage, "\(error)")
        }
    }

    func perform(loop: EventLoop) async throws -> ImportSummary {
        try await ImportRun(options: options, client: try client(loop: loop), progress: ImportProgress()).run()
    }
}
