package import ChatModel
import Synchronization
package import Telemetry

/// Judges a message before it is stored.
package protocol MessageFilter: Sendable {
    var name: String { get }
    /// - Throws: When it cannot judge; what happens then is ``whenFailing``.
    func judge(_ draft: FilterInput) async throws -> FilterVerdict
    /// Judges all strings of one message.
    ///
    /// - Returns: One verdict a string, in their order.
    /// - Throws: When it cannot judge.
    func judge(_ drafts: [FilterInput]) async throws -> [FilterVerdict]
    /// How long `judge` may take for one message.
    var deadline: Duration { get }
    var whenFailing: FilterFailure { get }
}

extension MessageFilter {
    /// One after another.
    package func judge(_ drafts: [FilterInput]) async throws -> [FilterVerdict] {
        var verdicts: [FilterVerdict] = []
        for draft in drafts { verdicts.append(try await judge(draft)) }
        return verdicts
    }
}

/// What a filter sees.
package struct FilterInput: Sendable {
    package let appID: AppID
    package let channelID: ChannelID
    package let channelName: String
    package let author: Author
    package let text: String
    package let isEdit: Bool
}

/// What happens to a message when a filter cannot judge it.
package enum FilterFailure: String, Sendable, CaseIterable {
    case allow, block
}

package enum FilterVerdict: Sendable {
    /// Stored as it is, marked with the rules named.
    case allow(flags: [String])
    /// Stored with another text.
    case mask(text: String, flags: [String])
    /// Not stored; the author is told the reason.
    case block(reason: String, rules: [String])
}

/// The filters in force, in order; replaced as a whole when their configuration changes.
package final class FilterChain: Sendable {
    /// Tells one that was added from a later one of the same name.
    package struct Registration: Sendable, Hashable {
        fileprivate let number: Int
    }

    private struct State {
        var filters: [(number: Int, filter: any MessageFilter)] = []
        var last = 0
    }

    private let state = Mutex(State())
    private let logger: Logger

    package init(logger: Logger) { self.logger = logger.named("filter") }

    /// Adds a filter, in the place of one with the same name: between the two no message goes unjudged.
    @discardableResult
    package func add(_ filter: any MessageFilter) -> Registration {
        state.withLock { state in
            state.last += 1
            if let index = state.filters.firstIndex(where: { $0.filter.name == filter.name }) {
                state.filters[index] = (state.last, filter)
            } else {
                state.filters.append((state.last, filter))
            }
            return Registration(number: state.last)
        }
    }

    /// Takes a filter out; nothing happens when another has taken its place.
    package func remove(_ registration: Registration) {
        state.withLock { $0.filters.removeAll { $0.number == registration.number } }
    }

    /// Whether nothing is judged.
    var isEmpty: Bool { state.withLock { $0.filters.isEmpty } }

    /// The verdicts of all on the strings of one message: the first block wins, masks add up, marks are collected.
    ///
    /// - Returns: One a string, in their order; behind a block nothing need be judged, and may not have been.
    func judge(_ inputs: [FilterInput]) async -> [FilterVerdict] {
        var inputs = inputs
        var outcomes = inputs.map { _ in FilterVerdict.allow(flags: []) }
        for filter in state.withLock({ $0.filters.map(\.filter) }) {
            let verdicts = await judge(inputs, by: filter)
            for (index, verdict) in verdicts.enumerated() {
                outcomes[index] = outcomes[index].followed(by: verdict)
                guard case .mask(let text, _) = verdict else { continue }
                let input = inputs[index]
                inputs[index] = FilterInput(
                    appID: input.appID, channelID: input.channelID, channelName: input.channelName,
                    author: input.author, text: text, isEdit: input.isEdit)
            }
            if outcomes.contains(where: \.isBlock) { break }
        }
        return outcomes
    }

    private func judge(_ inputs: [FilterInput], by filter: any MessageFilter) async -> [FilterVerdict] {
        do {
            let verdicts = try await filter.judge(inputs)
            guard verdicts.count == inputs.count else { throw FilterFault() }
            return verdicts
        } catch {
            logger.error("filter.failed", ["filter": .string(filter.name), "error": .error(error)])
            let verdict: FilterVerdict =
                switch filter.whenFailing {
                case .allow: .allow(flags: [])
                case .block:
                    .block(reason: "Messages cannot be checked at the moment; try again soon.", rules: [])
                }
            return inputs.map { _ in verdict }
        }
    }
}

extension FilterVerdict {
    fileprivate var isBlock: Bool { if case .block = self { true } else { false } }

    /// What both say together of one string.
    fileprivate func followed(by next: FilterVerdict) -> FilterVerdict {
        switch (self, next) {
        case (.block, _): self
        case (_, .block): next
        case (.allow(let flags), .allow(let more)): .allow(flags: flags + more)
        case (.mask(let text, let flags), .allow(let more)): .mask(text: text, flags: flags + more)
        case (.allow(let flags), .mask(let text, let more)), (.mask(_, let flags), .mask(let text, let more)):
            .mask(text: text, flags: flags + more)
        }
    }
}

/// A filter gave another number of verdicts than it was asked for.
struct FilterFault: Error, CustomStringConvertible {
    var description: String { "the filter did not judge every text" }
}
