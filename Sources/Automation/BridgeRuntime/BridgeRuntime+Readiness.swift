import BridgeKit
import Lifecycle
import Settings
import Synchronization

extension BridgeRuntime {
    package var obstacle: String? {
        let obstacles = readiness.obstacles
        return obstacles.isEmpty ? nil : obstacles.joined(separator: "; ")
    }

    /// Waits until every bridge that is required works.
    ///
    /// - Throws: ``BridgesRefused`` when the file of one is broken.
    package func waitUntilReady() async throws {
        await readiness.isDecided.wait()
        if let refusal = readiness.refusal { throw refusal }
    }

    /// Finds out what the required bridges lack; called after each look at the files.
    func checkReadiness() {
        var broken: [String] = []
        var waiting: [String] = []
        for (path, slot) in slots.withLock({ $0 }).sorted(by: { $0.key < $1.key }) where isRequired(slot) {
            let problems = slot.problems.errors
            if let worker = slot.worker {
                // A changed file that is broken leaves the running bridge alone.
                if let obstacle = worker.obstacle {
                    waiting.append("\(path): \(obstacle)")
                } else if required == .all, !worker.isFollowing {
                    waiting.append("\(path): it follows no events yet")
                }
            } else if slot.retry != nil {
                waiting += problems.map(\.description)
            } else {
                broken += problems.map(\.description)
            }
        }
        readiness.set(obstacles: broken + waiting)
        guard !readiness.isDecided.isOpen else { return }
        if !broken.isEmpty {
            readiness.refuse(broken)
        } else if waiting.isEmpty {
            readiness.isDecided.open()
        }
    }

    private func isRequired(_ slot: BridgeSlot) -> Bool {
        if let file = slot.file ?? slot.worker?.file {
            guard file.isEnabled, !onlyFilters || file.kind.traits.events.isEmpty else { return false }
            return isRequired(file.kind)
        }
        guard required != .none else { return false }
        if let kind = slot.kind, let known = registry[kind] {
            return isRequired(known) && (!onlyFilters || known.traits.events.isEmpty)
        }
        // Of a file that cannot be read nobody knows what it was to judge.
        return true
    }

    private func isRequired(_ kind: any Bridge.Type) -> Bool { required.includes(kind.traits.role) }
}
