import EventLoop
import MartletClient

/// A command that failed at a running server, with what to do next.
struct ServerCallFailure: Error, CustomStringConvertible {
    let description: String

    init(_ error: MartletClientError, url: String) {
        let next: String? =
            switch (error.code, error.status) {
            case ("unreachable", _), ("http_failed", nil):
                "Start it with `martlet serve`, or say where it is: --url URL or MARTLET_URL."
            case ("events_gone", _) where !error.detail.contains("beginning"):
                "Leave --after out to begin with what happens from now on."
            case (_, 401):
                "Is this the server that the token, the password or the data folder (--data) belongs to? It is \(url)."
            case (_, 403):
                "Show an administrator's token (--token, MARTLET_TOKEN), or the server's data folder (--data)."
            case (_, 404) where error.code == "not_found": "`martlet bridge list` shows the names."
            case (_, 404) where error.code == "user_not_found": "`martlet user list` shows the accounts."
            default: nil
            }
        description = TerminalText.line(error.detail) + (next.map { "\n\($0)" } ?? "")
    }
}

/// The command has said all that there is to say, and has failed.
struct Failed: Error {
    /// Of the process.
    var status: Int32 = 1
}

extension ServerAccess {
    /// Reads what stands on a command line.
    init(_ arguments: Arguments, environment: [String: String]) throws(UsageError) {
        let given = arguments.values.filter { Self.options.contains($0.name) }
        do {
            try self.init(
                options: Dictionary(given) { $1 }, environment: ServerDefaults.environment(environment))
        } catch {
            throw UsageError(error.detail)
        }
    }

    /// Calls the server; what it refuses is told with what to do next.
    func call<Answer>(_ body: (MartletClient) async throws -> Answer) async throws -> Answer {
        do {
            return try await body(
                try MartletClient(
                    url: url, credentials: credentials, loop: EventLoop(name: "martlet-client"), caFile: caFile))
        } catch let error as MartletClientError {
            throw ServerCallFailure(error, url: url)
        }
    }
}
