import BridgeKit
import Foundation
import Lifecycle
import Settings
import Synchronization
import Telemetry

// The files: which there are, what changed, and the bridges that follow from them.
extension BridgeRuntime {
    private static let largestFile = 1 << 20
    private static let retryDelay = Duration.seconds(5)

    /// A bridge that a new or changed file asks for, on its way.
    private struct Change {
        let path: String
        var slot: BridgeSlot
        let wasBroken: Bool
        /// nil when the file asks for none.
        var wanted: BridgeFile?
    }

    /// Looks at all files, and runs what changed; several bridges are made side by side, for a filter's words take long.
    func lookAtFiles(_ tasks: inout DiscardingTaskGroup) async {
        let (paths, gone) = paths()
        // A name that moved to another file is free before that is looked at.
        for path in gone where !stopping.isOpen { await remove(path) }
        var changes: [Change] = []
        var names: Set<String> = []
        for path in paths where !stopping.isOpen {
            guard var change = await examine(path) else { continue }
            if let file = change.wanted, !names.insert(file.name).inserted {
                change.slot.problems.append(Self.nameTaken(file, by: "another new file"))
                change.wanted = nil
            }
            if change.wanted == nil { settle(&change) } else { changes.append(change) }
        }
        guard !changes.isEmpty, !stopping.isOpen else { return }
        let made = await make(changes.compactMap(\.wanted))
        for (index, result) in made.enumerated() {
            await take(result, for: &changes[index].slot, changes[index].path, &tasks)
            settle(&changes[index])
        }
    }

    /// The files that are there, and those that were and are not.
    private func paths() -> (there: [String], gone: [String]) {
        var there: Set<String> = []
        var missing: [String] = []
        for folder in folders {
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
                if namedFolders.contains(folder) { missing.append(folder) }
                continue
            }
            for name in names where name.hasSuffix(".yaml") && !name.hasPrefix(".") {
                there.insert("\(folder)/\(name)")
            }
        }
        if readiness.set(missingFolders: missing) {
            for folder in missing { logger.error("bridges.folder_missing", ["folder": .string(folder)]) }
        }
        // A folder that cannot be read says nothing of its files: rules must not go with a disk that is away.
        let known = slots.withLock { $0.keys.filter { path in !missing.contains { path.hasPrefix($0 + "/") } } }
        return (there.sorted(), known.filter { !there.contains($0) }.sorted())
    }

    /// Reads a file that is new, has changed or is due to be tried again.
    ///
    /// - Returns: nil when there is nothing to do.
    private func examine(_ path: String) async -> Change? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
        let size = (attributes[.size] as? Int) ?? 0
        let signature = Self.signature(attributes)
        var slot = slots.withLock { $0[path] } ?? BridgeSlot()
        let isDue = slot.retry.map { $0 <= .now } ?? false
        let haveOthersChanged = slot.othersSignature != Self.signature(ofFiles: slot.others)
        guard slot.signature != signature || haveOthersChanged || isDue else { return nil }
        slot.signature = signature
        let wasBroken = !slot.problems.errors.isEmpty
        guard size <= Self.largestFile, let data = FileManager.default.contents(atPath: path) else {
            slot.problems = [SettingsProblem(file: path, message: "cannot be read as a text of at most 1 MiB")]
            return Change(path: path, slot: slot, wasBroken: true)
        }
        let content = Array(data)
        guard content != slot.content || haveOthersChanged || isDue else {
            keep(slot, path)
            return nil
        }
        slot.content = content
        slot.retry = nil
        slot.kind = Self.kind(in: String(decoding: content, as: UTF8.self))
        var change = Change(path: path, slot: slot, wasBroken: wasBroken)
        await read(content, &change)
        return change
    }

    /// Tells one state of a file from another.
    private static func signature(_ attributes: [FileAttributeKey: Any]) -> String {
        let time = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        let size = (attributes[.size] as? Int) ?? 0
        return "\(time)/\(size)/\((attributes[.systemFileNumber] as? Int) ?? 0)"
    }

    private static func signature(ofFiles paths: [String]) -> String {
        paths.map { path in
            (try? FileManager.default.attributesOfItem(atPath: path)).map(signature) ?? "none"
        }.joined(separator: "\n")
    }

    private func read(_ content: [UInt8], _ change: inout Change) async {
        // Looked at before they are read: what changes meanwhile is seen the next time.
        change.slot.others = BridgeFile.others(bytes: content, path: change.path, registry: registry)
        change.slot.othersSignature = Self.signature(ofFiles: change.slot.others)
        let (read, problems) = BridgeFile.read(
            bytes: content, path: change.path, registry: registry, environment: services.environment,
            isMadeNext: true)
        change.slot.problems = problems
        for problem in problems where read?.isEnabled ?? true { tell(problem) }
        guard let file = read else { return }
        if let other = owner(of: file.name, besides: change.path) {
            change.slot.problems.append(Self.nameTaken(file, by: other))
            return
        }
        if onlyFilters, !file.kind.traits.events.isEmpty {
            change.slot.file = file
            return
        }
        guard file.isEnabled else {
            await retire(change.slot.worker, reason: "disabled")
            change.slot.worker = nil
            change.slot.file = file
            return
        }
        change.wanted = file
    }

    /// Makes the bridges of files, side by side.
    private func make(_ files: [BridgeFile]) async -> [Result<BridgeWorker, any Error>] {
        let services = services
        return await withTaskGroup(of: (Int, Result<BridgeWorker, any Error>).self) { group in
            for (index, file) in files.enumerated() {
                group.addTask {
                    do { return (index, .success(try await BridgeWorker(file, services))) } catch {
                        return (index, .failure(error))
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func take(
        _ result: Result<BridgeWorker, any Error>, for slot: inout BridgeSlot, _ path: String,
        _ tasks: inout DiscardingTaskGroup
    ) async {
        do {
            let worker = try result.get()
            let file = worker.file
            let isRenamed = slot.worker.map { $0.file.name != file.name } ?? false
            if file.kind.traits.role == .filter {
                // The new rules hold before the old ones go: no message is stored between the two.
                tasks.addTask { await worker.run() }
                await worker.waitUntilOpen()
                await stop(slot.worker, retire: isRenamed)
            } else {
                await stop(slot.worker, retire: isRenamed)
                tasks.addTask { await worker.run() }
            }
            slot.worker = worker
            slot.file = file
        } catch let error as BridgeSettingsError {
            slot.problems += error.problems
            for problem in error.problems { tell(problem) }
        } catch {
            // The file may be right and something else away for the moment.
            slot.problems.append(SettingsProblem(file: path, message: ErrorText.of(error)))
            slot.retry = .now + Self.retryDelay
            logger.warn("bridge.not_made", ["file": .string(path), "error": .error(error)])
        }
    }

    private func settle(_ change: inout Change) {
        if !change.wasBroken { tellIfBroken(change.slot, change.path) }
        keep(change.slot, change.path)
    }

    private func tell(_ problem: SettingsProblem) {
        logger.warn("file.problem", ["problem": .string(problem.description)])
    }

    private func tellIfBroken(_ slot: BridgeSlot, _ path: String) {
        let problems = slot.problems.errors
        guard !problems.isEmpty else { return }
        let subject =
            slot.worker?.subject
            ?? BridgeEventWriter.Subject(name: slot.name(path), kind: slot.file?.kind.kind ?? "", app: nil)
        services.eventWriter.broken(subject, problems: problems.map(\.description))
    }

    private func remove(_ path: String) async {
        guard let slot = slots.withLock({ $0[path] }) else { return }
        await retire(slot.worker, reason: "removed")
        slots.withLock { _ = $0.removeValue(forKey: path) }
    }

    /// Stops a bridge that nobody will run for the time being.
    private func retire(_ worker: BridgeWorker?, reason: String) async {
        await stop(worker, retire: true)
        if let worker, worker.hasStarted { services.eventWriter.stopped(worker.subject, reason: reason) }
    }

    private func stop(_ worker: BridgeWorker?, retire: Bool) async {
        guard let worker else { return }
        worker.shutdown(retire: retire)
        await worker.waitUntilEnded()
    }

    private func keep(_ slot: BridgeSlot, _ path: String) { slots.withLock { $0[path] = slot } }

    /// The file of a bridge that is there, whether this process runs it or not.
    func file(named name: String) -> BridgeFile? {
        slots.withLock { slots in slots.values.compactMap(\.file).first { $0.name == name } }
    }

    private func owner(of name: String, besides path: String) -> String? {
        slots.withLock { slots in slots.first { $0.key != path && $0.value.file?.name == name }?.key }
    }

    private static func nameTaken(_ file: BridgeFile, by other: String) -> SettingsProblem {
        file.settings.problem(at: "", "the name \"\(file.name)\" is taken by \(other)")
    }

    /// The word behind `bridge:` of a text that may be no YAML.
    static func kind(in text: String) -> String? {
        // A byte order mark is no part of the first line.
        let text = text.unicodeScalars.first == "\u{FEFF}" ? text.unicodeScalars.dropFirst() : text.unicodeScalars[...]
        for line in Substring(text).split(whereSeparator: \.isNewline) where line.hasPrefix("bridge:") {
            let word = line.dropFirst("bridge:".count).prefix { $0 != "#" }
            return word.trimmingCharacters(in: CharacterSet(charactersIn: " \t\"'"))
        }
        return nil
    }
}
