package import ChatModel
import ChatService
import ChatStore
package import HTTPRouting

/// Automations that answered one another without end, and are stopped.
package struct StoppedLoopView: Codable, Sendable, SchemaDescribing {
    package var channelID: ChannelID
    /// Empty for groups and direct channels.
    package var channel: String
    package var automations: [UserID]
    package var stoppedAt: String

    enum CodingKeys: String, CodingKey {
        case channel, automations
        case channelID = "channel_id"
        case stoppedAt = "stopped_at"
    }

    package static let schemaDescription = SchemaRefinement(properties: [
        "channel": .init("The channel's name; empty for groups and direct channels."),
        "automations": .init("Whose messages are refused."), "stopped_at": .init("Since when.", format: "date-time"),
    ])
}

package struct StoppedLoopList: Codable, Sendable {
    /// The last first.
    package var loops: [StoppedLoopView]
}

extension RestAPI {
    var loops: [Route<Principal>] {
        [
            .get(
                "/v1/loops", "Where automations are stopped because they answered one another without end",
                tag: "bots", returns: StoppedLoopList.self
            ) { context in
                let principal = try context.principal
                var views: [StoppedLoopView] = []
                for loop in try await service.stoppedLoops(for: principal) {
                    views.append(
                        StoppedLoopView(
                            channelID: loop.channel,
                            channel: try await service.channel(loop.channel, of: loop.app)?.name ?? "",
                            automations: loop.participants, stoppedAt: loop.stoppedAt))
                }
                return StoppedLoopList(loops: views)
            },
            .post(
                "/v1/channels/{channel_id}/loop/resume", "Let the automations that are stopped in a channel go on",
                tag: "bots"
            ) { context in
                try await service.resumeLoop(in: try Self.channel(context), by: context.principal)
            },
        ]
    }
}
