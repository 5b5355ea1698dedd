import ChatModel
import HTTPTypes
import MartletClient
import RestAPI
import Settings
import Telemetry

/// `martlet loop`: automations that answered one another without end, and were stopped.
struct LoopCommand {
    enum Action: Equatable {
        case list
        /// - Parameter channel: A name, with or without `#`, or an id.
        case resume(channel: String)
    }

    let action: Action
    let printsJSON: Bool
    private let arguments: Arguments
    private let environment: [String: String]
    private static let words = ["list", "resume"]

    init(arguments words: [String], environment: [String: String]) throws(UsageError) {
        arguments = try Arguments(words, valued: ServerAccess.options, flags: ["json"])
        self.environment = environment
        printsJSON = arguments.flags.contains("json")
        let word = arguments.positional.first ?? ""
        let names = Array(arguments.positional.dropFirst())
        switch (word, names.count) {
        case ("list", 0): action = .list
        case ("resume", 1):
            let name = names[0].hasPrefix("#") ? String(names[0].dropFirst()) : names[0]
            guard !name.isEmpty else { throw UsageError("Name the channel: `loop resume CHANNEL`.") }
            action = .resume(channel: name)
        case ("list", _): throw UsageError("`loop list` takes no names.")
        case ("resume", _): throw UsageError("Name one channel: `loop resume CHANNEL`.")
        default:
            throw UsageError(
                "Say what to do\(NearMiss.hint(word, among: Self.words)): `loop \(Self.words.joined(separator: "`, `loop "))`."
            )
        }
    }

    func run() async throws {
        let access = try ServerAccess(arguments, environment: environment)
        switch action {
        case .list:
            let list: StoppedLoopList = try await access.call { try await $0.call(.get, "/v1/loops") }
            if printsJSON { return try StandardOutput.line(TerminalText.json(list)) }
            try StandardOutput.lines(Self.table(list, coloured: TerminalText.showsColours(environment)))
        case .resume(let name):
            try await access.call { client in
                let id = try await Self.channel(client, name)
                let _: MartletClient.NoBody = try await client.call(.post, "/v1/channels/\(id)/loop/resume")
            }
            try StandardOutput.line(
                printsJSON
                    ? TerminalText.json(["resumed": name])
                    : TerminalText.line("The automations of \(name) may go on."))
        }
    }

    /// A channel without a name is named by its id.
    private static func channel(_ client: MartletClient, _ name: String) async throws -> ChannelID {
        do {
            let channel: Channel = try await client.call(
                .get, "/v1/channels/by-name/\(MartletClient.segment(name))")
            return channel.id
        } catch let error as MartletClientError where error.status == 404 {
            guard let id = Int64(name) else { throw error }
            return ChannelID(id)
        }
    }

    static func table(_ list: StoppedLoopList, coloured: Bool) -> [String] {
        guard !list.loops.isEmpty else { return ["No automations are stopped."] }
        var table = TextTable(["CHANNEL", "ID", "AUTOMATIONS", "SINCE"])
        for loop in list.loops {
            table.add([
                .init(loop.channel.isEmpty ? "-" : "#\(loop.channel)"), .init("\(loop.channelID)"),
                .init(loop.automations.map(\.description).joined(separator: ", ")), .init(loop.stoppedAt),
            ])
        }
        return table.lines(coloured: coloured)
    }
}
