import ChatModel
import ChatService
import HTTPTypes
import MartletClient
import RestAPI
import Telemetry

/// `martlet audit`: what administrators did, and whether the log of it is as it was written.
struct AuditCommand {
    /// A row whose hash somebody has kept apart from the server.
    struct Head: Equatable, CustomStringConvertible {
        let number: Int64
        let hash: String

        init(number: Int64, hash: String) {
            self.number = number
            self.hash = hash
        }

        /// Reads `12:` and the 64 hex digits of the hash.
        init?(_ text: String) {
            let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
            guard parts.count == 2, let number = Int64(parts[0]), number > 0, parts[1].count == 64,
                parts[1].allSatisfy({ $0.isHexDigit && $0.isASCII })
            else { return nil }
            self.init(number: number, hash: parts[1].lowercased())
        }

        var description: String { "\(number):\(hash)" }
    }

    enum Action: Equatable {
        /// - Parameter query: Without the `?`.
        case list(query: String)
        case verify(Head?)
    }

    /// What a walk over the log has found.
    struct Verdict: Encodable {
        /// Rows that are right.
        var rows: Int64
        /// The last of them.
        var head: String?
        var fault: AuditChain.Fault?

        var line: String {
            if let fault { return "Row \(fault.number) was \(fault.kind.rawValue): \(fault.reason)." }
            guard let head else { return "The audit log is empty." }
            return "The audit log is whole: \(rows) row\(rows == 1 ? "" : "s"). "
                + "Keep the last one apart from the server, for --head: \(head)"
        }
    }

    let action: Action
    let printsJSON: Bool
    private let arguments: Arguments
    private let environment: [String: String]
    private static let filters = ["action", "actor", "since", "after", "before", "limit"]

    init(arguments words: [String], environment: [String: String]) throws(UsageError) {
        arguments = try Arguments(
            words, valued: ServerAccess.options.union(Self.filters).union(["head"]), flags: ["json", "verify"])
        self.environment = environment
        printsJSON = arguments.flags.contains("json")
        guard arguments.positional.isEmpty else {
            throw UsageError("`audit` takes options only, not \"\(arguments.positional[0])\".")
        }
        guard arguments.flags.contains("verify") else {
            if arguments["head"] != nil { throw UsageError("--head goes with --verify.") }
            action = .list(query: try Self.query(arguments))
            return
        }
        for filter in Self.filters where arguments[filter] != nil {
            throw UsageError("--verify looks at every row; --\(filter) does not go with it.")
        }
        var head: Head?
        if let text = arguments["head"] {
            guard let read = Head(text) else {
                throw UsageError("--head takes a row's number and hash, as --verify prints them, not \"\(text)\".")
            }
            head = read
        }
        action = .verify(head)
    }

    private static func query(_ arguments: Arguments) throws(UsageError) -> String {
        var parts: [String] = []
        for name in filters {
            guard let value = arguments[name] else { continue }
            switch name {
            case "after", "before", "limit":
                guard let number = Int64(value), number >= 0 else {
                    throw UsageError("--\(name) takes a number, not \"\(value)\".")
                }
            case "since":
                guard Timestamp.parse(value) != nil else {
                    throw UsageError("--since takes a time such as 2026-01-31T09:05:07Z, not \"\(value)\".")
                }
            default: break
            }
            parts.append("\(name)=\(MartletClient.segment(value))")
        }
        return parts.joined(separator: "&")
    }

    func run() async throws {
        let access = try ServerAccess(arguments, environment: environment)
        switch action {
        case .list(let query):
            let page: AuditPage = try await access.call { try await $0.call(.get, "/v1/audit?\(query)") }
            if printsJSON { return try StandardOutput.line(TerminalText.json(page)) }
            let isColoured = TerminalText.showsColours(environment)
            try StandardOutput.lines(Self.lines(page.entries, coloured: isColoured))
        case .verify(let head):
            let verdict = try await access.call { try await Self.verify($0, head) }
            try StandardOutput.line(printsJSON ? TerminalText.json(verdict) : verdict.line)
            if verdict.fault != nil { throw Failed() }
        }
    }

    static func lines(_ entries: [AuditEntry], coloured: Bool) -> [String] {
        guard !entries.isEmpty else { return ["The audit log has no such rows."] }
        var table = TextTable(["row", "when", "who", "from", "what", "to what", "details"], rightAligned: [0])
        for entry in entries {
            table.add([
                .init("\(entry.number)"), .init(entry.at, .grey), .init(entry.actor), .init(entry.address ?? "-"),
                .init(entry.action, .green), .init(entry.subject),
                .init(TerminalText.json(entry.details, isPretty: false)),
            ])
        }
        return table.lines(coloured: coloured)
    }

    /// Walks the whole log and, when a row is known from elsewhere, what was written behind that one too.
    private static func verify(_ client: MartletClient, _ head: Head?) async throws -> Verdict {
        var verdict = try await walk(client, nil)
        if let head, verdict.fault == nil { verdict.fault = try await walk(client, head).fault }
        return verdict
    }

    private static func walk(_ client: MartletClient, _ head: Head?) async throws -> Verdict {
        var last = head
        while true {
            let query = last.map { "?after=\($0.number)&hash=\($0.hash)" } ?? ""
            let check: AuditCheckView = try await client.call(.get, "/v1/audit/verify\(query)")
            last = check.number > 0 ? Head(number: check.number, hash: check.hash) : nil
            guard check.isEnd else { continue }
            return Verdict(rows: check.number, head: last?.description, fault: check.fault)
        }
    }
}
