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

    /// - Throws: ``BridgeSettingsError`` with what ``ProgramCheck`` finds.
    init(_ settings: Settings, _ context: BridgeContext) throws {
        let check = ProgramCheck(settings, environment: context.environment)
        guard let program = check.program, check.problems.errors.isEmpty else {
            throw BridgeSettingsError(check.problems)
        }
        arguments = [program] + settings.strings("command").dropFirst()
        directory = check.directory
        ownFolder = ProgramCheck.absolute(context.folder, below: FileManager.default.currentDirectoryPath)
        var environment = ["PATH": context.environment["PATH"] ?? Self.defaultPath]
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
        if let prlimit = ProgramCheck.find("prlimit", path: Self.defaultPath) {
            wrapped += [prlimit, "--as=\(memoryLimit)", "--"]
        }
        if let setpriv = ProgramCheck.find("setpriv", path: Self.defaultPath) {
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
}
