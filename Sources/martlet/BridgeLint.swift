import BridgeKit
import BridgeRuntime
import BridgeTesting
import Bridges
import EventLoop
import Foundation
import Settings
import YAML

/// What is right and what is wrong in bridge files, found without a server.
struct BridgeLint: Encodable {
    struct File: Encodable {
        let path: String
        let kind: String
        let name: String
    }

    struct Finding: Encodable {
        let file: String
        let line: Int
        let column: Int
        let path: String
        let message: String
        let severity: String
    }

    /// The files that can be used.
    private(set) var bridges: [File] = []
    private(set) var problems: [SettingsProblem] = []
    private var read = 0
    /// By folder and name: two bridges of one folder have different names.
    private var names: [String: String] = [:]

    /// Most files of one run; a folder with more is not one of bridges.
    private static let maximumFiles = 10_000

    /// Reads files, and folders with all folders inside them.
    ///
    /// - Throws: ``UsageError`` for what is not there.
    init(_ paths: [String], environment: [String: String]) async throws(UsageError) {
        let check = BridgeCheck(environment: environment, loops: EventLoopGroup(count: 1))
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw UsageError("There is no file or folder \(path).")
            }
            guard isFolder.boolValue else {
                try await lint(path, environment, check)
                continue
            }
            for file in try Self.files(in: path) {
                if file.hasSuffix(".yml") {
                    problems.append(
                        SettingsProblem(
                            file: file, line: 1, column: 1,
                            message: "the server reads only files that end in .yaml; rename this one", isWarning: true))
                }
                try await lint(file, environment, check)
            }
        }
    }

    var errors: [SettingsProblem] { problems.errors }

    /// The problems in the form of compilers, then what is right, then the sum.
    func lines(coloured: Bool) -> [String] {
        func show(_ text: String, _ colour: TerminalText.Colour) -> String {
            coloured ? TerminalText.coloured(text, colour) : text
        }
        let warnings = problems.count - errors.count
        let sum =
            "\(Self.count(read, "file")), \(Self.count(errors.count, "error")), \(Self.count(warnings, "warning"))"
        return problems.map { show(TerminalText.line($0.description), $0.isWarning ? .yellow : .red) }
            + bridges.map { "\(TerminalText.line($0.path)): \($0.kind) \"\($0.name)\"" }
            + [show(sum, errors.isEmpty ? .green : .red)]
    }

    enum CodingKeys: String, CodingKey { case bridges, problems }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(bridges, forKey: .bridges)
        try container.encode(
            problems.map {
                Finding(
                    file: $0.file, line: $0.line, column: $0.column, path: $0.path, message: $0.message,
                    severity: $0.isWarning ? "warning" : "error")
            }, forKey: .problems)
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    private static func files(in folder: String) throws(UsageError) -> [String] {
        // Links to folders are not followed, so that there is an end.
        let all =
            FileManager.default.enumerator(atPath: folder)?.lazy.compactMap { $0 as? String }
            ?? [].lazy.compactMap { $0 }
        var files: [String] = []
        for path in all where path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
            let parts = path.split(separator: "/")
            // Beside `support.yaml` the folder `support.tests` has its fixtures, which `bridge test` reads.
            if parts.contains(where: { $0.hasPrefix(".") })
                || parts.dropLast().contains(where: { $0.hasSuffix(".tests") })
            {
                continue
            }
            files.append(folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)")
            guard files.count <= maximumFiles else {
                throw UsageError("\(folder) has more than \(maximumFiles) YAML files; name the folder of the bridges.")
            }
        }
        return files.sorted()
    }

    private mutating func lint(
        _ path: String, _ environment: [String: String], _ check: BridgeCheck
    ) async throws(UsageError) {
        read += 1
        let limit = YAMLLimits.standard.bytes
        // No more is read than is needed to know that it is too much.
        guard let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: limit + 1) ?? Data()
        else {
            throw UsageError("Cannot read the bridge file \(path).")
        }
        guard data.count <= limit else {
            problems.append(
                SettingsProblem(
                    file: path, line: 1, column: 1, message: "the file is too large; expected at most \(limit) bytes"))
            return
        }
        let (file, found) = BridgeFile.read(
            bytes: Array(data), path: path, registry: .standard, environment: environment)
        problems += found.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        guard let file else { return }
        let refused = await check.problems(of: file)
        problems += refused
        guard refused.errors.isEmpty else { return }
        bridges.append(File(path: path, kind: file.kind.kind, name: file.name))
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        if let other = names.updateValue(path, forKey: "\(folder)\n\(file.name)"), other != path {
            problems.append(
                SettingsProblem(
                    file: path, line: 1, column: 1, path: "name",
                    message: "\"\(file.name)\" is the name of \(other) too; expected one of its own"))
        }
    }
}
