import ChatModel
import Testing

@testable import martlet_chaos

@Suite(.timeLimit(.minutes(1)))
struct FrameTests {
    private func read(_ type: String, _ data: String) -> Frame? {
        Frame.read(#"{"op":"event","cursor":"8-1","type":"\#(type)","channel_id":3,"data":{\#(data)}}"#)
    }

    @Test(arguments: [
        ("message.created", "w2-7", Sighting.Kind.created, true), ("message.created", "w2-8", .created, false),
        ("message.updated", "w2-7 changed", .updated, true), ("message.updated", "w2-7", .updated, false),
        ("message.deleted", "", .deleted, true), ("message.deleted", "w2-7", .deleted, false),
    ])
    func `a message's event tells where it is and whether its text is right`(
        _ type: String, _ text: String, _ kind: Sighting.Kind, _ isGenuine: Bool
    ) throws {
        let frame = try #require(read(type, #""id":99,"seq":12,"text":"\#(text)","nonce":"w2-7""#))
        #expect(frame.cursor == Cursor(transaction: 8, row: 1))
        #expect(
            frame.sighting
                == Sighting(
                    kind: kind, place: Place(id: 99, seq: 12, channel: 3), key: MessageKey(writer: 2, number: 7),
                    isGenuine: isGenuine))
    }

    @Test(arguments: [
        ("message.created", "deleted", "", true), ("message.created", "deleted", "w2-7", false),
        ("message.created", "edited", "w2-7 changed", true), ("message.created", "edited", "w2-7", false),
        ("message.updated", "deleted", "", true), ("message.updated", "deleted", "w2-7 changed", false),
    ])
    func `a redacted event has to say what holds now, and nothing else`(
        _ type: String, _ redacted: String, _ text: String, _ isGenuine: Bool
    ) throws {
        let frame = Frame.read(
            #"{"cursor":"8-1","type":"\#(type)","channel_id":3,"redacted":"\#(redacted)","#
                + #""data":{"id":99,"seq":12,"text":"\#(text)","nonce":"w2-7"}}"#)
        #expect(try #require(frame?.sighting).isGenuine == isGenuine)
    }

    @Test func `a reaction tells of its message`() throws {
        let frame = try #require(read("reaction.added", #""message_id":99,"seq":12,"emoji":"x""#))
        #expect(frame.sighting == Sighting(kind: .reacted, place: Place(id: 99, seq: 12, channel: 3)))
    }

    @Test func `a message without a nonce of the run is not genuine`() throws {
        let frame = try #require(read("message.created", #""id":99,"seq":12,"text":"hello""#))
        #expect(frame.sighting?.isGenuine == false)
    }

    @Test func `other events are read without a look at them, and broken ones not at all`() {
        #expect(read("member.added", #""user":1"#)?.sighting == nil)
        #expect(read("member.added", #""user":1"#) != nil)
        #expect(read("message.created", #""id":99"#) == nil)
        #expect(Frame.read("{") == nil)
    }
}
