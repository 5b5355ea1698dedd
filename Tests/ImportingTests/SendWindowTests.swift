import ChatModel
import Foundation
import MartletClient
import Testing

@testable import Importing

@Suite(.timeLimit(.minutes(1)))
struct SendWindowTests {
    private func item(_ line: Int, text: String = "x") -> SendWindow.Item {
        SendWindow.Item(
            frame: SendFrame(
                channel: ChannelID(3), author: nil, at: 0, nonce: "n\(line)", kind: .text, text: text),
            file: "f", line: line, kind: 0)
    }

    private func ids(_ frames: [String]) -> [Int] {
        frames.compactMap { Int($0.dropFirst(#"{"op":"send","id":""#.utf8.count).prefix { $0 != "\"" }) }
    }

    private let busy = MartletClientError(code: "overloaded", status: 429, detail: "later")

    @Test func `a frame is JSON that says what was given`() throws {
        struct Frame: Decodable, Equatable {
            var op: String
            var id: String
            var channel_id: Int64
            var `as`: Int64?
            var at: String
            var nonce: String
            var kind: Message.Kind
            var text: String
        }
        let text = "a \"quote\" \\ \u{1}\u{1F} \t ü 🙂 </script>"
        let frame = SendFrame(
            channel: ChannelID(3), author: UserID(9), at: 1_104_019_200_000, nonce: "irc-\"1", kind: .action, text: text
        )
        #expect(
            try JSONDecoder().decode(Frame.self, from: Data(frame.text(id: 12).utf8))
                == Frame(
                    op: "send", id: "12", channel_id: 3, as: 9, at: "2004-12-26T00:00:00.000Z", nonce: "irc-\"1",
                    kind: .action, text: text))
    }

    @Test(
        arguments: [
            (#"{"op":"sent","id":"123","message_id":9,"seq":4,"duplicate":false}"#, 123, false),
            (#"{"op":"sent","id":"7","message_id":9,"seq":4,"duplicate":true}"#, 7, true),
            (#"{"op":"sent","id":null,"message_id":9}"#, nil, false), (#"{"op":"sent","id":"#, nil, false),
            (#"{"op":"sent","id":""}"#, nil, false), (#"{"op":"sent","id":"12x"}"#, nil, false),
            (#"{"op":"sent","id":"99999999999999999999"}"#, nil, false), (#"{"op":"event","id":"1"}"#, nil, false),
            ("", nil, false),
        ] as [(String, Int?, Bool)])
    func `an acknowledgement is read without a decoder`(frame: String, id: Int?, isDuplicate: Bool) {
        let read = SendFrame.acknowledgement(frame)
        #expect(read?.id == id && (read?.isDuplicate ?? false) == isDuplicate)
    }

    @Test func `a line has the same mark in every run, and another one elsewhere`() {
        let mark = SendFrame.nonce(channel: "Ubuntu", file: "2004.txt", line: 17)
        #expect(mark == "irc-38a7962cf536cdde-17")
        #expect(mark == SendFrame.nonce(channel: "ubuntu", file: "2004.txt", line: 17))
        #expect(mark != SendFrame.nonce(channel: "ubuntu", file: "2005.txt", line: 17))
        #expect(mark != SendFrame.nonce(channel: "linux", file: "2004.txt", line: 17))
    }

    @Test func `answers in any order empty the window`() {
        var window = SendWindow()
        let frames = (1...10_000).map { number in
            let frame = window.add(item(number))
            // Two stay unanswered behind each new one.
            if number > 2 { #expect(window.acknowledged(number - 2, isDuplicate: false).outcome == .stored) }
            return frame
        }
        #expect(ids(frames) == Array(1...10_000))
        #expect(window.acknowledged(10_000, isDuplicate: true).outcome == .duplicate)
        #expect(window.acknowledged(10_000, isDuplicate: false).outcome == .unknown)
        #expect(window.acknowledged(9_999, isDuplicate: false).outcome == .stored)
        #expect(window.isEmpty)
        for id in [0, -5, 1, 10_001, Int.max / 2] {
            #expect(window.acknowledged(id, isDuplicate: false).outcome == .unknown)
        }
        #expect(ids([window.add(item(1))]) == [10_001])
    }

    @Test func `what is not answered is sent again in order and is no duplicate`() {
        var window = SendWindow()
        for number in 1...5 { _ = window.add(item(number)) }
        _ = window.acknowledged(2, isDuplicate: false)
        _ = window.failed(4, busy)
        #expect(ids(window.resend()) == [1, 3, 4, 5])
        #expect(window.acknowledged(1, isDuplicate: true).outcome == .stored)
        #expect(window.count == 3 && window.postponed == 0)
    }

    @Test func `what the server has no room for goes again when the rest is answered`() {
        var window = SendWindow()
        for number in 1...4 { _ = window.add(item(number)) }
        #expect(window.failed(2, busy).outcome == .postponed)
        #expect(window.failed(2, busy).outcome == .unknown)
        #expect(!window.hasRoom)
        for id in [1, 3] { _ = window.acknowledged(id, isDuplicate: false) }
        #expect(window.failed(4, busy).outcome == .postponed)
        #expect(window.waiting == 0)
        #expect(ids(window.retry()) == [2, 4])
        #expect(window.waiting == 2 && window.hasRoom)
    }

    @Test func `what is refused for good is told with its line`() {
        var window = SendWindow()
        _ = window.add(item(17))
        let error = MartletClientError(code: "message_blocked", status: 422, detail: "No herons.")
        #expect(
            window.failed(1, error).outcome == .refused(file: "f", line: 17, reason: "message_blocked: No herons."))
        #expect(window.isEmpty)
    }

    @Test func `the window is bounded by number and by size`() {
        var window = SendWindow()
        while window.hasRoom { _ = window.add(item(1)) }
        #expect(window.count == SendWindow.maximumCount)
        window = SendWindow()
        let large = String(repeating: "a", count: SendWindow.maximumBytes)
        _ = window.add(item(1, text: large))
        #expect(!window.hasRoom)
        _ = window.acknowledged(1, isDuplicate: false)
        #expect(window.hasRoom)
    }
}
