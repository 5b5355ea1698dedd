import ChatModel
import Synchronization
import Telemetry
import Testing
import Text

@testable import ChatService

struct FilterChainTests {
    private struct Failure: Error {}

    /// Masks, marks and blocks by what a text holds, and writes down what it is asked.
    private final class WordFilter: MessageFilter {
        let name: String
        let whenFailing: FilterFailure
        let batches = Mutex<[[String]]>([])
        private let isBroken: Bool

        init(_ name: String, whenFailing: FilterFailure = .allow, isBroken: Bool = false) {
            self.name = name
            self.whenFailing = whenFailing
            self.isBroken = isBroken
        }

        func judge(_ drafts: [FilterInput]) async throws -> [FilterVerdict] {
            batches.withLock { $0.append(drafts.map(\.text)) }
            if isBroken { throw Failure() }
            var verdicts: [FilterVerdict] = []
            for draft in drafts { verdicts.append(try await judge(draft)) }
            return verdicts
        }

        func judge(_ draft: FilterInput) async throws -> FilterVerdict {
            if draft.text.contains("block-\(name)") { return .block(reason: name, rules: [name]) }
            if draft.text.contains("mask-\(name)") {
                let word = "mask-\(name)"
                guard let found = draft.text.firstRange(of: word) else { return .allow(flags: []) }
                let start = draft.text.utf8.distance(from: draft.text.startIndex, to: found.lowerBound)
                return .mask(
                    edits: [TextEdit(range: start..<start + word.utf8.count, text: "*\(name)*")], rules: [name],
                    flags: [])
            }
            return .allow(flags: draft.text.contains("flag-\(name)") ? [name] : [])
        }
    }

    private func inputs(_ texts: String...) -> [FilterInput] {
        texts.map {
            FilterInput(
                appID: AppID(1), channelID: ChannelID(1), channelName: "c",
                author: Author(id: UserID(1), handle: "ada", name: "Ada", kind: .person), text: $0, isEdit: false)
        }
    }

    private func words(_ outcomes: [FilterOutcome], _ texts: String...) -> [String] {
        outcomes.enumerated().map { index, outcome in
            let marks = outcome.marks.map { "\($0.rule) \($0.action.name)" }.joined(separator: ",")
            if let refusal = outcome.refusal { return "refused \(refusal): \(marks)" }
            let text = index < texts.count ? TextEdit.applied(outcome.edits, to: texts[index]) : ""
            return "\(text): \(marks)"
        }
    }

    @Test(arguments: [false, true])
    func `each filter is asked once for all strings, and judges what was written, in any order`(isTurned: Bool)
        async throws
    {
        let (a, b) = (WordFilter("a"), WordFilter("b"))
        let chain = FilterChain(logger: .silent)
        for filter in isTurned ? [b, a] : [a, b] { chain.add(filter) }
        let outcomes = try await chain.judge(inputs("plain", "mask-a flag-b", "mask-a mask-b"))
        #expect(words(outcomes, "plain", "mask-a flag-b", "mask-a mask-b")[0] == "plain: ")
        #expect(words(outcomes, "plain", "mask-a flag-b", "mask-a mask-b")[1].hasPrefix("*a* flag-b: "))
        #expect(words(outcomes, "plain", "mask-a flag-b", "mask-a mask-b")[2].hasPrefix("*a* *b*: "))
        #expect(Set(outcomes[1].marks.map { "\($0.rule) \($0.action)" }) == ["a mask", "b flag"])
        for filter in [a, b] {
            #expect(filter.batches.withLock { $0 } == [["plain", "mask-a flag-b", "mask-a mask-b"]])
        }
    }

    @Test(arguments: [false, true])
    func `a refusal wins over a mask, whichever filter comes first`(isTurned: Bool) async throws {
        let chain = FilterChain(logger: .silent)
        for name in isTurned ? ["b", "a"] : ["a", "b"] { chain.add(WordFilter(name)) }
        let outcome = try #require(try await chain.judge(inputs("mask-a block-b")).first)
        #expect(outcome.refusal == "b")
    }

    @Test(arguments: [(FilterFailure.allow, false), (.block, true)])
    func `a filter that fails lets every string through, or none, as it is set`(failure: FilterFailure, isBlocked: Bool)
        async throws
    {
        let chain = FilterChain(logger: .silent)
        chain.add(WordFilter("a", whenFailing: failure, isBroken: true))
        for outcome in try await chain.judge(inputs("one", "two")) {
            #expect((outcome.refusal != nil) == isBlocked)
            // What could not be judged is marked.
            #expect(outcome.marks.map(\.rule) == ["unjudged"])
        }
    }

    @Test func `one that takes another's place does not go with it`() async throws {
        let chain = FilterChain(logger: .silent)
        let first = chain.add(WordFilter("a"))
        let second = chain.add(WordFilter("a"))
        chain.remove(first)
        #expect(try await chain.judge(inputs("block-a")).first?.refusal == "a")
        chain.remove(second)
        #expect(chain.isEmpty)
    }
}
