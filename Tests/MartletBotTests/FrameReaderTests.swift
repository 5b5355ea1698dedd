import Testing

@testable import MartletBot

struct FrameReaderTests {
    private func frame(_ type: String, actor: Int = 4, data: String) -> String {
        #"{"op":"event","cursor":"812-77","type":"\#(type)","version":1,"channel_id":3,"actor_id":\#(actor),"#
            + #""subject_id":99,"hops":1,"at":"2026-01-31T09:05:07.120Z","data":\#(data)}"#
    }

    private let message =
        #"{"id":99,"seq":7,"channel_id":3,"author":{"id":4,"handle":"ann","name":"Ann","kind":"person"},"text":"hi","#
        + #""created_at":"2026-01-31T09:05:07.120Z","mood":{"is":["good",1,2.5,true,null]}}"#

    private func event(_ text: String, by reader: FrameReader = FrameReader()) throws -> Event {
        guard case .event(let event) = try reader.read(text) else { throw BotError(.badAnswer, "this is no event") }
        return event
    }

    @Test func `an event is read as its own type and keeps fields that are not known`() throws {
        let event = try event(frame("message.created", data: message))
        #expect(event.decodedData is Message)
        let message = try EventKind.messageCreated.decode(event)
        #expect(message.text == "hi" && message.author.handle == "ann")
        #expect(event.cursor == Cursor("812-77") && event.channelID == ChannelID(3) && event.actorID == UserID(4))
        #expect(event.subjectID == 99 && event.hops == 1 && event.at == "2026-01-31T09:05:07.120Z")
        #expect(event.data["mood"]?["is"] == ["good", 1, .number(2.5), true, nil])
        #expect(try EventKind.any(.messageCreated).decode(event) == event.data)
    }

    @Test func `an event of an unknown type has its data as it came`() throws {
        let event = try event(frame("planet.found", data: #"{"name":"Vulcan","moons":[]}"#))
        #expect(event.decodedData == nil)
        #expect(try EventKind.any("planet.found").decode(event) == ["name": "Vulcan", "moons": []])
    }

    @Test(arguments: ["null", "5", "[]", "{}", #"{"text":"x"}"#, #"{"id":"99","seq":7}"#])
    func `data of another shape fails the event and not the connection`(data: String) throws {
        for type in ["message.created", "reaction.added", "member.added", "channel.created"] {
            let event = try event(frame(type, data: data))
            #expect(event.decodedData == nil)
            #expect(event == (try self.event(frame(type, data: data))))
        }
        let event = try event(frame("message.created", data: data))
        #expect(throws: BotError.self) { try EventKind.messageCreated.decode(event) }
    }

    @Test(arguments: ["message.created", "planet.found"])
    func `an event without data or with data that is no JSON is no frame`(type: String) {
        for data in ["", "nul", "{", #"{"text":}"#, "1e999", String(repeating: "[", count: 10_000)] {
            #expect(throws: (any Error).self) { try FrameReader().read(frame(type, data: data)) }
        }
        let bare = frame(type, data: "null").replacing(#","data":null"#, with: "")
        #expect(throws: (any Error).self) { try FrameReader().read(bare) }
    }

    @Test func `what the bot did itself is read only when it is asked for`() throws {
        let reader = FrameReader()
        reader.skipData(of: UserID(9))
        let own = try event(frame("message.created", actor: 9, data: message), by: reader)
        #expect(own.decodedData == nil && own.data["text"] == "hi")
        #expect(try EventKind.messageCreated.decode(own).text == "hi")
        #expect(try event(frame("message.created", data: message), by: reader).decodedData is Message)
        let bare = frame("message.created", actor: 9, data: "null").replacing(#","data":null"#, with: "")
        #expect(throws: (any Error).self) { try reader.read(bare) }
    }

    @Test func `data that was put in place of what came is what handlers get`() throws {
        var event = try event(frame("message.created", data: message))
        event.data = ["text": "x"]
        #expect(event.decodedData == nil)
        #expect(throws: BotError.self) { try EventKind.messageCreated.decode(event) }
    }
}
