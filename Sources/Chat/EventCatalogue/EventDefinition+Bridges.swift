import ChatModel

extension EventDefinition {
    private static let bridge: [JSONSchema.Field] = [
        .string("bridge", "The bridge's name."), .string("kind", "The kind of bridge."),
    ]
    private static let node = JSONSchema.Field.string("node", "The node that runs it.")
    private static let seldom = """
        A bridge tells at most 6 changes at once, and then one in 30 seconds: of a target that comes and goes, the last
        state is always told, but not each change. A bridge gets no `bridge.…` event about itself.
        """

    static let bridges: [EventDefinition] = [
        bridgeEvent(
            .bridgeStarted,
            "A bridge has begun to work: the server was started, its file was written, or it was switched on.", [node],
            #"{"bridge":"audit","kind":"webhook","node":"chat-1"}"#),
        bridgeEvent(
            .bridgeChanged, "The file of a bridge is another one than when it last began; `bridge.started` follows.",
            [node],
            #"{"bridge":"audit","kind":"webhook","node":"chat-1"}"#,
            notes: "A change that was made while the server was down is told as well."),
        bridgeEvent(
            .bridgeStopped, "A bridge was switched off, or its file was taken away.",
            [node, .choice("reason", ["disabled", "removed"], "Which of them.")],
            #"{"bridge":"audit","kind":"webhook","node":"chat-1","reason":"disabled"}"#),
        bridgeEvent(
            .bridgeBroken, "The file of a bridge has errors; what ran before goes on.",
            [node, .strings("problems", "What is wrong, at most 10 sentences.")],
            #"""
            {"bridge":"audit","kind":"webhook","node":"chat-1",
             "problems":["bridges/audit.yaml:3:8: settings.url: expected an http or https URL"]}
            """#),
        bridgeEvent(
            .bridgePaused, "A bridge rests, until somebody lets it go on.",
            [.string("reason", "Why: an administrator, or what the target said.")],
            #"{"bridge":"audit","kind":"webhook","reason":"paused by an administrator"}"#,
            actor: .sometimes("The administrator, when it was one.")),
        bridgeEvent(
            .bridgeResumed, "A bridge goes on.", [], #"{"bridge":"audit","kind":"webhook"}"#,
            actor: .always("The administrator.")),
        bridgeEvent(
            .bridgeTargetDown, "What a bridge writes to does not answer; events wait.",
            [node, .string("reason", "What went wrong.")],
            #"{"bridge":"audit","kind":"webhook","node":"chat-1","reason":"connection refused"}"#, notes: seldom),
        bridgeEvent(
            .bridgeTargetBack, "What a bridge writes to answers again.", [node],
            #"{"bridge":"audit","kind":"webhook","node":"chat-1"}"#, notes: seldom),
        bridgeEvent(
            .bridgeDeadLetter, "A bridge has given an event up; it is kept for somebody to look at.",
            [
                node, .count("count", "How many dead letters this event stands for.", from: 1),
                .object(
                    "last", "The last of them.",
                    [
                        .cursor("cursor", "The event that was given up."), .string("type", "Its type."),
                        .count("attempts", "How often it was tried."), .string("error", "Why it was given up."),
                    ]),
            ],
            #"""
            {"bridge":"audit","kind":"webhook","node":"chat-1","count":1,
             "last":{"cursor":"812-70","type":"message.created","attempts":12,"error":"the webhook's URL answered 500"}}
            """#,
            notes: """
                `hops` is one more than that of the event that was given up. At most 6 are told at once, and then one in
                30 seconds, which counts the others. A `bridge.…` event that is given up is not told of.
                """),
    ]

    private static func bridgeEvent(
        _ type: EventType, _ summary: String, _ more: [JSONSchema.Field], _ example: String, actor: Presence = .never,
        notes: String = ""
    ) -> EventDefinition {
        EventDefinition(
            type, summary, for: .administrators, actor: actor, subject: .never, data: bridge + more, example: example,
            notes: notes)
    }
}
