import ChatModel
import Synchronization
package import Telemetry
import Text

/// What all filters together say of one string.
struct FilterOutcome: Sendable {
    /// The reason of the first that refuses it.
    var refusal: String?
    var edits: [TextEdit] = []
    /// Each rule with the strongest that it did, in their order.
    var marks: [(rule: String, action: FilterAction)] = []

    fileprivate mutating func add(_ verdict: FilterVerdict) {
        switch verdict {
        case .allow(let flags): mark(flags, .flag)
        case .mask(let edits, let rules, let flags):
            self.edits += edits
            mark(rules, .mask)
            mark(flags, .flag)
        case .block(let reason, let rules):
            refusal = refusal ?? reason
            mark(rules, .block)
        }
    }

    private mutating func mark(_ rules: [String], _ action: FilterAction) {
        for rule in rules {
            if let index = marks.firstIndex(where: { $0.rule == rule }) {
                marks[index].action = max(marks[index].action, action)
            } else {
                marks.append((rule, action))
            }
        }
    }
}

/// What a rule does, the stronger behind the weaker.
enum FilterAction: Int, Sendable, Comparable {
    case flag, mask, block

    var name: String {
        switch self {
        case .flag: "flag"
        case .mask: "mask"
        case .block: "block"
        }
    }

    static func < (left: FilterAction, right: FilterAction) -> Bool { left.rawValue < right.rawValue }
}

/// The filters in force; replaced as a whole when their configuration changes.
///
/// Each judges what was written, none what another has made of it: so their order means nothing.
package final class FilterChain: Sendable {
    /// Tells one that was added from a later one of the same name.
    package struct Registration: Sendable, Hashable {
        fileprivate let number: Int
    }

    private struct State {
        var filters: [(number: Int, filter: any MessageFilter)] = []
        var last = 0
    }

    /// Strings of so many bytes are judged where the message is sent.
    private static let quickBytes = 2000

    private let state = Mutex(State())
    private let worker = FairWorker()
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

    /// What all filters say of the strings of one message: each judges what was written, and the strongest wins.
    ///
    /// - Returns: One a string, in their order; behind a refusal nothing need be judged, and may not have been.
    /// - Throws: ``ChatError`` when the author has too many long texts waiting.
    func judge(_ inputs: [FilterInput]) async throws -> [FilterOutcome] {
        var outcomes = inputs.map { _ in FilterOutcome() }
        for filter in state.withLock({ $0.filters.map(\.filter) }) {
            for (index, verdict) in try await judge(inputs, by: filter).enumerated() { outcomes[index].add(verdict) }
            if outcomes.contains(where: { $0.refusal != nil }) { break }
        }
        return outcomes
    }

    private func judge(_ inputs: [FilterInput], by filter: any MessageFilter) async throws -> [FilterVerdict] {
        do {
            let verdicts: [FilterVerdict]
            if filter.isBounded, inputs.reduce(0, { $0 + $1.text.utf8.count }) > Self.quickBytes {
                verdicts = try await worker.run(for: inputs[0].author.id.rawValue) { try await filter.judge(inputs) }
            } else {
                verdicts = try await filter.judge(inputs)
            }
            guard verdicts.count == inputs.count else { throw FilterFault() }
            return verdicts
        } catch is FairWorker.Full {
            throw ChatError(
                .overloaded, "too_many_long_texts", "Too many long texts of yours wait to be checked; try again soon.",
                retryAfter: .seconds(1))
        } catch {
            logger.error("filter.failed", ["filter": .string(filter.name), "error": .error(error)])
            let verdict: FilterVerdict =
                switch filter.whenFailing {
                case .allow: .allow(flags: [FilterVerdict.unjudged])
                case .block:
                    .block(
                        reason: "Messages cannot be checked at the moment; try again soon.",
                        rules: [FilterVerdict.unjudged])
                }
            return inputs.map { _ in verdict }
        }
    }
}

/// A filter gave another number of verdicts than it was asked for.
struct FilterFault: Error, CustomStringConvertible {
    var description: String { "the filter did not judge every text" }
}
