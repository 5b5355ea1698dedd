package import BridgeKit
package import BridgeRuntime
import Foundation
package import Settings
import YAML

/// The bridges of some files and folders with their fixtures: beside `support.yaml` those in `support.tests/`.
package struct BridgeSuite: Sendable {
    /// One bridge and the fixtures that lie beside it.
    package struct Member: Sendable {
        package let path: String
        package let file: BridgeFile?
        package let problems: [SettingsProblem]
        package let fixtures: [String]
    }

    package static let mostFiles = 10_000
    static let folderEnding = ".tests"

    package private(set) var members: [Member] = []
    let registry: BridgeRegistry
    let environment: [String: String]

    /// Reads the bridges; fixtures are read when they run.
    ///
    /// - Parameter paths: Files of bridges, fixtures, folders of fixtures, and folders with any of them.
    /// - Throws: ``BridgeSuiteError`` for what is not there.
    package init(
        _ paths: [String], registry: BridgeRegistry, environment: [String: String]
    ) throws(BridgeSuiteError) {
        self.registry = registry
        self.environment = environment
        var chosen: [(bridge: String, fixtures: [String]?)] = []
        for path in paths { chosen.append(contentsOf: try Self.choose(path)) }
        for (bridge, fixtures) in chosen where !members.contains(where: { $0.path == bridge && fixtures == nil }) {
            let (file, problems) = read(bridge)
            // Not `??`: its right side may throw anything.
            let own = if let fixtures { fixtures } else { try Self.yamlFiles(in: Self.folder(of: bridge)) }
            members.append(Member(path: bridge, file: file, problems: problems, fixtures: own))
        }
    }

    /// The folder with the fixtures of a bridge.
    package static func folder(of bridge: String) -> String {
        (bridge.hasSuffix(".yaml") ? String(bridge.dropLast(5)) : bridge) + folderEnding
    }

    private static func choose(
        _ path: String
    ) throws(BridgeSuiteError) -> [(bridge: String, fixtures: [String]?)] {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw BridgeSuiteError("There is no file or folder \(path).")
        }
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        if !isFolder.boolValue {
            guard parent.hasSuffix(folderEnding) else { return [(path, nil)] }
            return [(try bridge(of: parent), [path])]
        }
        if path.hasSuffix(folderEnding) { return [(try bridge(of: path), try yamlFiles(in: path))] }
        return try bridges(in: path).map { ($0, nil) }
    }

    private static func bridge(of folder: String) throws(BridgeSuiteError) -> String {
        let bridge = folder.dropLast(folderEnding.count) + ".yaml"
        guard FileManager.default.fileExists(atPath: String(bridge)) else {
            throw BridgeSuiteError("The fixtures in \(folder) belong to \(bridge), which is not there.")
        }
        return String(bridge)
    }

    /// The files of bridges in a folder and all folders inside it.
    private static func bridges(in folder: String) throws(BridgeSuiteError) -> [String] {
        var files: [String] = []
        // Links to folders are not followed, so that there is an end.
        guard let all = FileManager.default.enumerator(atPath: folder) else { return [] }
        while let path = all.nextObject() as? String {
            let parts = path.split(separator: "/")
            guard path.hasSuffix(".yaml"), !parts.contains(where: { $0.hasPrefix(".") }),
                !parts.dropLast().contains(where: { $0.hasSuffix(folderEnding) })
            else { continue }
            files.append("\(folder)/\(path)")
            guard files.count <= mostFiles else {
                throw BridgeSuiteError("\(folder) has more than \(mostFiles) YAML files; name the bridges' folder.")
            }
        }
        return files.sorted()
    }

    private static func yamlFiles(in folder: String) throws(BridgeSuiteError) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let files = names.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }.sorted().map { "\(folder)/\($0)" }
        guard files.count <= mostFiles else {
            throw BridgeSuiteError("\(folder) has more than \(mostFiles) fixtures.")
        }
        return files
    }

    private func read(_ path: String) -> (BridgeFile?, [SettingsProblem]) {
        guard let bytes = Self.bytes(of: path) else {
            return (nil, [SettingsProblem(file: path, message: "cannot be read as text of at most 1 MiB")])
        }
        return bridge(bytes, path, environment)
    }

    /// What a file holds; nil when it is too large or cannot be read.
    static func bytes(of path: String) -> [UInt8]? {
        let limit = YAMLLimits.standard.bytes
        guard let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: limit + 1) ?? Data(), data.count <= limit
        else { return nil }
        return Array(data)
    }

    func bridge(_ bytes: [UInt8], _ path: String, _ environment: [String: String]) -> (BridgeFile?, [SettingsProblem]) {
        let (file, problems) = BridgeFile.read(
            bytes: bytes, path: path, registry: registry, environment: environment,
            usesPlaceholders: true)
        // What lies in the file is the whole of it here: a bridge that is switched off is tried all the same.
        return (file, problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
    }
}

/// Why there is nothing to test.
package struct BridgeSuiteError: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
