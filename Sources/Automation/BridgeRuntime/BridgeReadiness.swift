package import BridgeKit
import Lifecycle
import Synchronization

/// Which bridges have to work before the server serves anybody.
package enum BridgeRequirement: String, Sendable, CaseIterable {
    case none
    /// Those that judge messages before they are stored.
    case filters
    /// Those, and those that take what comes from outside.
    case listeners
    /// Every one that is enabled.
    case all

    package func includes(_ role: BridgeRole) -> Bool {
        switch role {
        case .filter: self != .none
        case .listener: self == .listeners || self == .all
        case .follower: self == .all
        }
    }
}

/// Files of bridges keep the server from starting.
package struct BridgesRefused: Error, CustomStringConvertible {
    /// Each with its file, and its line where it has one.
    package let problems: [String]

    package var description: String {
        """
        bridges that the server must have cannot be used:
        \(problems.map { "  \($0)" }.joined(separator: "\n"))
        Mend them; or start with --set bridges.require=none to serve without them.
        """
    }
}

/// Whether the bridges that a server must have are there.
final class BridgeReadiness: Sendable {
    private struct State {
        var refusal: BridgesRefused?
        var obstacles: [String] = ["the files of bridges have not been read yet"]
        var missingFolders: [String] = []
    }

    /// Opened when they are there, or never will be.
    let isDecided = Latch()
    private let state = Mutex(State())

    var refusal: BridgesRefused? { state.withLock { $0.refusal } }

    /// What is wrong, a line each.
    var obstacles: [String] {
        state.withLock { state in
            state.obstacles + state.missingFolders.map { "the folder \($0) of bridges.folders is not there" }
        }
    }

    /// - Returns: Whether others are missing than before.
    func set(missingFolders: [String]) -> Bool {
        state.withLock { state in
            defer { state.missingFolders = missingFolders }
            return state.missingFolders != missingFolders
        }
    }

    func set(obstacles: [String]) { state.withLock { $0.obstacles = obstacles } }

    /// Says that it cannot become ready.
    func refuse(_ problems: [String]) {
        state.withLock { $0.refusal = $0.refusal ?? BridgesRefused(problems: problems) }
        isDecided.open()
    }
}
