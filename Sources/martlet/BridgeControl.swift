import AdminAPI
import HTTPTypes
import MartletClient

/// What an administrator does to a bridge of a running server.
enum BridgeControl: Equatable {
    enum Letters: Equatable {
        case one(Int64), all
    }

    struct Outcome: Encodable {
        struct Failure: Encodable {
            var id: Int64
            var error: String
        }

        var bridge: String
        /// In the past tense: paused, resumed, retried, dropped.
        var did: String
        /// The dead letters that it was done to.
        var letters: [Int64]?
        var failed: [Failure] = []

        var lines: [String] {
            guard let letters else { return ["\(bridge) is \(did)."] }
            let sum = "\(letters.count) dead letter\(letters.count == 1 ? "" : "s") of \(bridge) \(did)"
            guard !failed.isEmpty else { return ["\(sum)."] }
            return ["\(sum), \(failed.count) failed and left where they are:"]
                + failed.map { "  \($0.id): \(TerminalText.line($0.error))" }
        }
    }

    case pause(String)
    case resume(String)
    case retry(String, Letters)
    case drop(String, Letters)

    var letters: Letters? {
        switch self {
        case .retry(_, let letters), .drop(_, let letters): letters
        case .pause, .resume: nil
        }
    }

    /// - Throws: `MartletClientError`; what happens to a single letter of several is part of the outcome instead.
    func run(_ client: MartletClient) async throws -> Outcome {
        switch self {
        case .pause(let name):
            let _: MartletClient.NoBody = try await client.call(.post, Self.path(name) + "/pause")
            return Outcome(bridge: name, did: "paused")
        case .resume(let name):
            let _: MartletClient.NoBody = try await client.call(.post, Self.path(name) + "/resume")
            return Outcome(bridge: name, did: "resumed")
        case .retry(let name, let letters):
            return try await each(letters, of: name, did: "retried", client) {
                let _: MartletClient.NoBody = try await client.call(.post, "\($0)/retry")
            }
        case .drop(let name, let letters):
            return try await each(letters, of: name, did: "dropped", client) {
                let _: MartletClient.NoBody = try await client.call(.delete, $0)
            }
        }
    }

    private static func path(_ name: String) -> String { "/v1/bridges/\(MartletClient.segment(name))" }

    private func each(
        _ letters: Letters, of name: String, did: String, _ client: MartletClient,
        _ body: (_ path: String) async throws -> Void
    ) async throws -> Outcome {
        let path = Self.path(name) + "/dead-letters"
        var outcome = Outcome(bridge: name, did: did, letters: [])
        if case .one(let id) = letters {
            try await body("\(path)/\(id)")
            outcome.letters = [id]
            return outcome
        }
        var last: Int64 = 0
        while true {
            // The oldest come first, and those that fail stay: what lies behind a full page of them has to wait.
            let list: DeadLetterList = try await client.call(.get, path)
            let fresh = list.deadLetters.map(\.id).filter { $0 > last }
            guard let newest = fresh.max() else { return outcome }
            last = newest
            for id in fresh {
                do {
                    try await body("\(path)/\(id)")
                    outcome.letters?.append(id)
                } catch let error as MartletClientError where error.status == 404 || error.status == 409 {
                    outcome.failed.append(.init(id: id, error: error.detail))
                }
            }
        }
    }
}
