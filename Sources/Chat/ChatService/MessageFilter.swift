package import ChatModel
import Synchronization
package import Telemetry

/// Judges a message before it is stored.
package protocol MessageFilter: Sendable {
    var name: String { get }
    /// - Throws: When it cannot judge; what happens then is ``whenFailing``.
    func judge(_ draft: FilterInput) async throws -> FilterVerdict
    /// How long `judge` may take.
    var deadline: Duration { get }
    var whenFailing: FilterFailure { get }
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

    /// The verdict of all: the first block wins, masks add up, marks are collected.
    func judge(_ input: FilterInput) async -> FilterVerdict {
        let filters = state.withLock { $0.filters.map(\.filter) }
        guard !filters.isEmpty else { return .allow(flags: []) }
        var input = input
        var flags: [String] = []
        var isMasked = false
        for filter in filters {
            switch await judge(input, by: filter) {
            case .allow(let more): flags += more
            case .mask(let text, let more):
                input = FilterInput(
                    appID: input.appID, channelID: input.channelID, channelName: input.channelName,
                    author: input.author, text: text, isEdit: input.isEdit)
                flags += more
                isMasked = true
            case .block(let reason, let rules): return .block(reason: reason, rules: rules)
            }
        }
        return isMasked ? .mask(text: input.text, flags: flags) : .allow(flags: flags)
    }

    private func judge(_ input: FilterInput, by filter: any MessageFilter) async -> FilterVerdict {
        do {
            return try await filter.judge(input)
        } catch {
            logger.error("filter.failed", ["filter": .string(filter.name), "error": .error(error)])
            switch filter.whenFailing {
            case .allow: return .allow(flags: [])
            case .block:
                return .block(reason: "Messages cannot be checked at the moment; try again soon.", rules: [])
            }
        }
    }
}
