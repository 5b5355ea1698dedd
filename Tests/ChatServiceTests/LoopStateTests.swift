import ChatModel
import Testing

@testable import ChatService

/// What is said in a channel, as letters: `p` a person, `h` a feed, `A` to `Z` automations that read; a number lets so
/// many seconds pass.
private struct Talk {
    static let channel = ChannelID(1)
    let start = ContinuousClock.now
    var state = LoopState()
    var message: Int64 = 0
    var seconds: Int64 = 0

    init(_ script: String) {
        for word in script.split(separator: " ") { say(String(word)) }
    }

    var now: ContinuousClock.Instant { start + .seconds(seconds) }

    mutating func say(_ word: String) {
        message += 1
        if let number = Int64(word) {
            seconds += number
        } else if word == "p" {
            _ = state.personSpoke(in: Self.channel, message: message)
        } else if word == "h" {
            state.feedSpoke(in: Self.channel)
        } else {
            state.automationSpoke(
                Self.id(word), in: Self.channel, message: message, at: seconds * 1000, arrived: now)
        }
    }

    func verdict(_ who: String) -> LoopState.Verdict { state.verdict(on: Self.id(who), in: Self.channel, now: now) }

    static func id(_ word: String) -> UserID { UserID(Int64(word.unicodeScalars.first?.value ?? 0)) }

    static func repeated(_ part: String, _ count: Int) -> String {
        Array(repeating: part, count: count).joined(separator: " ")
    }
}

struct LoopStateTests {
    @Test(arguments: [
        // Two bots that answer everything; the first that each says is for the person.
        ("p A B A B A B A B A B", "A"), ("A B A B A B A B A B", "A"),
        // Three of them; one that says two things for each.
        ("p A B C A B C A B C A B", "C"), ("p " + Talk.repeated("A A B B", 5), "A"),
        // An answer takes a while; a feed speaks in between, or a person has spoken long before.
        ("p A 15 B 15 A 15 B 15 A 15 B 15 A 15 B 15 A 15 B 15", "A"), ("p A B A B A B h A B A B A B A", "B"),
        ("p " + Talk.repeated("A B", 40), "A"),
    ]) func `automations that answer one another are stopped at the bound`(script: String, next: String) {
        let talk = Talk(script)
        guard case .atBound(let stop) = talk.verdict(next) else {
            Issue.record("it goes on: \(talk.verdict(next))")
            return
        }
        #expect(stop.participants.contains(Talk.id("A")) && stop.participants.contains(Talk.id("B")))
    }

    @Test(arguments: [
        // A bot that answers many people; two that both do; many that greet.
        (Talk.repeated("p A", 100), "A"), (Talk.repeated("p A B", 100), "A"), (Talk.repeated("p B A", 100), "B"),
        ("p A B C D E F G H I J K", "A"),
        // A feed of a thousand alerts, which one or two bots comment on.
        (Talk.repeated("h", 1000), "A"), (Talk.repeated("h A", 1000), "A"), (Talk.repeated("h A B", 1000), "B"),
        // Timers of two bots where nobody speaks: once a day, once a minute, half a minute apart.
        (Talk.repeated("A 86400 B", 50), "A"), (Talk.repeated("A 5 B 86400", 50), "A"),
        (Talk.repeated("A 30 B 30", 50), "A"), (Talk.repeated("A 10 B 50", 50), "A"),
        // One that talks to nobody; one turn too few; a person in between.
        (Talk.repeated("A", 1000), "A"), ("p A B A B A B A B A", "B"), ("p A B A B A B A B A B p", "A"),
        ("p A B A B A p B A B A B A", "B"),
        // The talk is over by itself.
        ("p A B A B A B A B A B 60", "A"),
    ]) func `what answers people and feeds, and what goes by a clock, goes on`(script: String, next: String) {
        #expect(Talk(script).verdict(next) == .free)
    }

    @Test func `who is stopped stays so until a person speaks or an administrator wants it`() {
        var talk = Talk("p " + Talk.repeated("A B", 5))
        guard case .atBound(let stop) = talk.verdict("A") else {
            Issue.record("it goes on")
            return
        }
        talk.state.stop(Talk.channel, stop)
        for word in ["h", "h", "86400", "C", "h"] { talk.say(word) }
        #expect(talk.verdict("A") == .stopped && talk.verdict("B") == .stopped)
        #expect(talk.verdict("C") == .free)
        // What was said before the stop, and comes late, does not end it.
        let isEndedLate = talk.state.personSpoke(in: Talk.channel, message: 1)
        #expect(!isEndedLate)
        #expect(talk.verdict("A") == .stopped)
        var other = talk
        other.state.resume(Talk.channel)
        #expect(other.verdict("A") == .free)
        let isEnded = talk.state.personSpoke(in: Talk.channel, message: talk.message + 1)
        #expect(isEnded)
        #expect(talk.verdict("A") == .free)
    }

    @Test func `a third that joins in is stopped as well`() {
        var talk = Talk("p " + Talk.repeated("A B", 5))
        guard case .atBound(let stop) = talk.verdict("A") else {
            Issue.record("it goes on")
            return
        }
        talk.state.stop(Talk.channel, stop)
        talk.say("C")
        talk.say("D")
        guard case .atBound(let more) = talk.verdict("C") else {
            Issue.record("it goes on")
            return
        }
        talk.state.stop(Talk.channel, more)
        #expect(["A", "B", "C", "D"].allSatisfy { talk.verdict($0) == .stopped })
    }

    @Test func `the end of a chain is told once until a person speaks`() {
        var state = LoopState()
        var told = [1, 1, 2].map { state.tellsEnd(in: ChannelID($0)) }
        _ = state.personSpoke(in: Talk.channel, message: 5)
        told.append(state.tellsEnd(in: Talk.channel))
        #expect(told == [true, false, true, true])
    }

    @Test func `memory is bounded in channels and in automations`() {
        var state = LoopState()
        for number in 0..<25_000 {
            state.automationSpoke(
                UserID(Int64(number)), in: ChannelID(Int64(number)), message: 1, at: 0, arrived: .now)
        }
        #expect(state.count <= 10_000)
        for number in 0..<1000 {
            state.automationSpoke(UserID(Int64(number)), in: ChannelID(1), message: Int64(number), at: 0, arrived: .now)
        }
        guard case .atBound(let stop) = state.verdict(on: UserID(998), in: ChannelID(1), now: .now) else { return }
        #expect(stop.participants.count <= 32)
    }
}

struct MessageHeadTests {
    @Test(arguments: [
        (
            #"{"id":1,"seq":2,"channel_id":3,"author":{"id":4,"handle":"a","name":"A","kind":"person"},"kind":"text","text":"x"}"#,
            User.Kind.person, false
        ),
        (
            #"{"id":1,"seq":2,"channel_id":3,"author":{"id":4,"handle":"\"kind\":\"hook\"","name":"kind","kind":"bot"},"kind":"system","text":""}"#,
            .bot, true
        ),
        (
            #"{"id":1,"seq":2,"channel_id":3,"author":{"id":4,"handle":"h","name":"\\","kind":"hook"},"kind":"notice","text":"\"kind\":\"system\"","content":{"kind":"system"}}"#,
            .hook, false
        ),
    ]) func `the author's kind and the message's are read from the head`(data: String, kind: User.Kind, isSystem: Bool)
    {
        let head = MessageHead(data)
        #expect(head?.author == kind && head?.isSystem == isSystem)
    }

    @Test(arguments: [
        "", "{}", "null", #"{"id" : 1, "author" : {"kind" : "person"}, "kind" : "text"}"#, #""kind":""#,
        #"{"kind":"robot"},"kind":"text""#, #"{"kind":"person"}"#,
    ]) func `what has no head has none`(data: String) { #expect(MessageHead(data) == nil) }
}
