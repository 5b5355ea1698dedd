import ChatModel
import Synchronization
import Telemetry
import Testing

@testable import ChatService

struct FilterChainTests {
    private struct Failure: Error {}

    /// Masks, marks and blocks by what a text holds, and writes down what it is asked.
    private final class WordFilter: MessageFilter {
        let name: String
        let deadline = Duration.seconds(1)
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
            if draft.text.contains("mask-\(name)") { return .mask(text: "*\(name)*", flags: [name]) }
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

    private func words(_ verdicts: [FilterVerdict]) -> [String] {
        verdicts.map { verdict in
            switch verdict {
            case .allow(let flags): "allow \(flags.joined(separator: ","))"
            case .mask(let text, let flags): "mask \(text) \(flags.joined(separator: ","))"
            case .block(let reason, _): "block \(reason)"
            }
        }
    }

    @Test func `each filter is asked once for all strings, and gets what the one before has masked`() async {
        let (a, b) = (WordFilter("a"), WordFilter("b"))
        let chain = FilterChain(logger: .silent)
        chain.add(a)
        chain.add(b)
        let verdicts = await chain.judge(inputs("plain", "mask-a flag-b", "flag-a flag-b"))
        #expect(words(verdicts) == ["allow ", "mask *a* a", "allow a,b"])
        #expect(a.batches.withLock { $0 } == [["plain", "mask-a flag-b", "flag-a flag-b"]])
        #expect(b.batches.withLock { $0 } == [["plain", "*a*", "flag-a flag-b"]])
    }

    @Test func `behind a block no other filter is asked`() async {
        let (a, b) = (WordFilter("a"), WordFilter("b"))
        let chain = FilterChain(logger: .silent)
        chain.add(a)
        chain.add(b)
        #expect(words(await chain.judge(inputs("flag-a", "block-a"))) == ["allow a", "block a"])
        #expect(b.batches.withLock { $0.isEmpty })
        #expect(words(await chain.judge(inputs("block-b", "x"))) == ["block b", "allow "])
    }

    @Test(arguments: [(FilterFailure.allow, false), (.block, true)])
    func `a filter that fails lets every string through, or none, as it is set`(failure: FilterFailure, isBlocked: Bool)
        async
    {
        let chain = FilterChain(logger: .silent)
        chain.add(WordFilter("a", whenFailing: failure, isBroken: true))
        for word in words(await chain.judge(inputs("one", "two"))) { #expect(word.hasPrefix("block") == isBlocked) }
    }

    @Test func `one that takes another's place does not go with it`() async {
        let chain = FilterChain(logger: .silent)
        let first = chain.add(WordFilter("a"))
        let second = chain.add(WordFilter("a"))
        chain.remove(first)
        #expect(words(await chain.judge(inputs("block-a"))) == ["block a"])
        chain.remove(second)
        #expect(chain.isEmpty)
    }
}
