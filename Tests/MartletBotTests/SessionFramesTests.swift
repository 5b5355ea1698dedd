import Testing

@testable import MartletBot

struct SessionFramesTests {
    private let hello = #"{"op":"hello","heartbeat_ms":25000,"max_in_flight":64,"epoch":"e1"}"#
    private let ready =
        #"{"op":"ready","bot":{"id":9,"handle":"helper","name":"Helper","kind":"bot"},"app":{"id":1,"name":"acme"},"cursor":"812-70","epoch":"e1"}"#
    private let event =
        #"{"op":"event","cursor":"812-77","type":"message.created","version":1,"channel_id":3,"actor_id":4,"subject_id":99,"hops":0,"at":"2026-01-31T09:05:07.120Z","data":{"text":"x"}}"#

    @Test func `a connection goes from hello by ready to events`() throws {
        var machine = SessionStateMachine()
        #expect(machine.received(try FrameReader().read(hello)) == .start)
        #expect(machine.maxInFlight == 64)
        guard case .begin(let bot, let cursor, "e1", false) = machine.received(try FrameReader().read(ready)) else {
            Issue.record("ready was not understood")
            return
        }
        #expect(bot.handle == "helper" && cursor == Cursor("812-70"))
        guard case .handle(let event) = machine.received(try FrameReader().read(event)) else {
            Issue.record("the event was not understood")
            return
        }
        #expect(event.cursor == Cursor("812-77") && event.data["text"] == "x")
        let gap = try FrameReader().read(#"{"op":"gap","from":"1-1","to":"5-5","reason":"retention"}"#)
        #expect(machine.received(gap) == .reportGap(from: "1-1", to: "5-5", reason: "retention"))
        #expect(machine.received(try FrameReader().read(#"{"op":"news","x":[1]}"#)) == .none)
    }

    @Test func `a log that was put back is told before ready, one that was renamed behind it`() throws {
        var machine = SessionStateMachine()
        _ = machine.received(try FrameReader().read(hello))
        #expect(machine.received(try FrameReader().read(#"{"op":"reload","reason":"a backup"}"#)) == .none)
        guard case .begin(_, _, "e1", true) = machine.received(try FrameReader().read(ready)) else {
            Issue.record("the reload was forgotten")
            return
        }
        #expect(machine.received(try FrameReader().read(#"{"op":"epoch","epoch":"e2"}"#)) == .rename("e2"))
    }

    @Test func `frames out of turn end the connection`() throws {
        var early = SessionStateMachine()
        #expect(early.received(try FrameReader().read(event)) == .reconnect("the server sent a frame out of turn"))
        var twice = SessionStateMachine()
        _ = twice.received(try FrameReader().read(hello))
        #expect(twice.received(try FrameReader().read(hello)) == .reconnect("the server sent a frame out of turn"))
    }

    @Test func `goodbye says whether to come back`() throws {
        var machine = SessionStateMachine()
        let final = try FrameReader().read(#"{"op":"bye","code":"bad_token","detail":"it was revoked","retry":false}"#)
        #expect(machine.received(final) == .end(.refused, "bad_token: it was revoked"))
        #expect(machine.received(try FrameReader().read(#"{"op":"bye","code":"shutdown"}"#)) == .reconnect("shutdown"))
    }

    @Test func `what is no frame is an error`() {
        let texts = [
            "", "null", "[]", "{}", #"{"op":5}"#, #"{"op":"hello"}"#, #"{"op":"ready","cursor":"x"}"#,
            #"{"op":"event","cursor":"1-"}"#, String(event.dropLast(3)), String(repeating: "[", count: 10_000),
            #"{"op":"bye"}"#,
        ]
        for text in texts { #expect(throws: (any Error).self) { try FrameReader().read(text) } }
    }

    @Test func `a server cannot announce what is out of bounds`() throws {
        for (announced, taken) in [(-5, 1), (0, 1), (64, 64), (1_000_000, 10_000)] {
            let frame = try FrameReader().read(#"{"op":"hello","max_in_flight":\#(announced),"epoch":"e"}"#)
            #expect(frame == .hello(maxInFlight: taken, epoch: "e"))
        }
    }

    @Test func `the bot's frames are what the server reads`() {
        #expect(ClientFrame.ack(Cursor(transaction: 8, row: 7)).text == #"{"op":"ack","cursor":"8-7"}"#)
        let start = ClientFrame.start(
            token: "mbt_\"x", events: [.messageCreated], cursor: nil, seen: Cursor("3-4"), epoch: "e"
        ).text
        #expect(start.contains(#""token":"mbt_\"x""#))
        #expect(start.contains(#""events":["message.created"]"#))
        #expect(start.contains(#""cursor":null"#))
        #expect(start.contains(#""own":false"#))
        #expect(start.contains(#""seen":"3-4""#) && start.contains(#""epoch":"e""#))
    }

    @Test func `a queue of frames is bounded and ends`() async {
        let queue = FrameQueue(capacity: 2)
        #expect(queue.push("a") && queue.push("b"))
        #expect(!queue.push("c"))
        #expect(await queue.next() == "a")
        queue.finishAfterLast()
        #expect(await queue.next() == "b")
        #expect(await queue.next() == nil)
        #expect(queue.push("d"))
        #expect(await queue.next() == nil)
    }

    @Test(.timeLimit(.minutes(1))) func `a wait for a frame ends with its task`() async {
        let queue = FrameQueue()
        let task = Task { await queue.next() }
        task.cancel()
        #expect(await task.value == nil)
    }
}
