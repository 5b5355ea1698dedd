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
    private let filters = Mutex<[any MessageFilter]>([])
    private let logger: Logger

    package init(logger: Logger) { self.logger = logger.named("filter") }

    package func replace(_ filters: [any MessageFilter]) { self.filters.withLock { $0 = filters } }

    package func add(_ filter: any MessageFilter) {
        filters.withLock { filters in
            filters.removeAll { $0.name == filter.name }
            filters.append(filter)
        }
    }

    package func remove(named name: String) { filters.withLock { $0.removeAll { $0.name == name } } }

    /// The verdict of all: the first block wins, masks add up, marks are collected.
    func judge(_ input: FilterInput) async -> FilterVerdict {
        let filters = filters.withLock { $0 }
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
