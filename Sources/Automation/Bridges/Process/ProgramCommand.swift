import BridgeKit
import Foundation
import Settings
import Subprocess

/// What the settings of a `process` bridge say about the program.
struct ProgramCommand: Sendable {
    static let defaultPath = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

    let arguments: [String]
    /// Nil for the folder of the bridge's own files, which is made when it is missing.
    let directory: String?
    let ownFolder: String
    let environment: [String: String]
    let memoryLimit: Int

    /// - Throws: ``BridgeSettingsError`` when the program or the folder is missing.
    init(_ settings: Settings, _ context: BridgeContext) throws {
        var arguments = settings.strings("command")
        guard let name = arguments.first, !name.isEmpty else {
            throw BridgeSettingsError([settings.problem(at: "command", "expected a program and its arguments")])
        }
        let path = context.environment["PATH"] ?? Self.defaultPath
        guard let program = Self.find(name, path: path, folder: settings.folder) else {
            let missing = name.contains("/") ? "is no program that can be run" : "is not on PATH"
            throw BridgeSettingsError([settings.problem(at: "command", "\"\(name)\" \(missing)")])
        }
        arguments[0] = program
        self.arguments = arguments
        directory = settings.optionalString("directory").map { Self.absolute($0, below: settings.folder) }
        if let directory {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: directory, isDirectory: &isFolder), isFolder.boolValue else {
                throw BridgeSettingsError([settings.problem(at: "directory", "there is no folder \(directory)")])
            }
        }
        ownFolder = Self.absolute(context.folder, below: FileManager.default.currentDirectoryPath)
        var environment = ["PATH": path]
        for name in ["LANG", "HOME"] { environment[name] = context.environment[name] }
        for (name, value) in settings.stringMap("environment") { environment[name] = value }
        self.environment = environment
        memoryLimit = settings.integer("memory_limit")
    }

    /// The command with its streams and limits.
    ///
    /// - Throws: When the bridge's folder cannot be made.
    func childCommand(_ pipes: ChildProcess.Pipes) throws -> ChildProcess.Command {
        var wrapped: [String] = []
        if let prlimit = Self.find("prlimit", path: Self.defaultPath, folder: "/") {
            wrapped += [prlimit, "--as=\(memoryLimit)", "--"]
        }
        if let setpriv = Self.find("setpriv", path: Self.defaultPath, folder: "/") {
            // It goes with Martlet, however Martlet dies.
            wrapped += [setpriv, "--pdeathsig=KILL", "--"]
        }
        var command = ChildProcess.Command(arguments: wrapped + arguments, streams: .pipes(pipes))
        if let directory {
            command.directory = directory
        } else {
            try FileManager.default.createDirectory(
                atPath: ownFolder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            command.directory = ownFolder
        }
        command.environment = environment
        command.ownsGroup = true
        return command
    }

    private static func absolute(_ path: String, below folder: String) -> String {
        let full = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        return URL(fileURLWithPath: full).standardizedFileURL.path
    }

    private static func find(_ name: String, path: String, folder: String) -> String? {
        let candidates =
            name.contains("/")
            ? [absolute(name, below: folder)]
            : path.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
