import Foundation
import Settings

/// Whether the program that a `process` bridge names can be started, found out without starting it.
struct ProgramCheck {
    /// Most bytes of a first line that names an interpreter; the kernel reads no more.
    private static let longestFirstLine = 256

    /// The file that would be run; nil when there is none.
    private(set) var program: String?
    /// Nil for the bridge's own folder.
    let directory: String?
    private(set) var problems: [SettingsProblem] = []

    /// - Parameter environment: Its `PATH` is where a name without `/` is looked for.
    init(_ settings: Settings, environment: [String: String]) {
        let path = environment["PATH"] ?? ProgramCommand.defaultPath
        directory = settings.optionalString("directory").map { Self.absolute($0, below: settings.folder) }
        if let directory, !Self.isFolder(directory) {
            problems.append(settings.problem(at: "directory", "there is no folder \(directory)"))
        }
        for (name, value) in settings.stringMap("environment") {
            if name.isEmpty || name.contains("=") || name.contains("\0") {
                problems.append(
                    settings.problem(at: "environment", "\"\(name.prefix(40))\" is no name of a variable; it has no ="))
            } else if value.contains("\0") {
                problems.append(settings.problem(at: "environment.\(name)", "expected a text without NUL"))
            }
        }
        for (index, word) in settings.strings("command").enumerated() where word.contains("\0") {
            problems.append(settings.problem(at: "command[\(index)]", "expected a text without NUL"))
        }
        let name = settings.strings("command").first ?? ""
        do throws(Refusal) {
            program = try Self.program(name, path: path, folder: settings.folder)
        } catch {
            // A list that was left out is told already, by its type.
            if settings.isGiven("command") { problems.append(settings.problem(at: "command", error.message)) }
        }
    }

    private struct Refusal: Error { let message: String }

    private static func program(_ name: String, path: String, folder: String) throws(Refusal) -> String {
        guard !name.allSatisfy(\.isWhitespace) else { throw Refusal(message: "expected a program and its arguments") }
        guard name.contains("/") else {
            if let program = find(name, path: path) { return try interpreted(program, path) }
            throw Refusal(message: "\"\(name)\" is not on PATH (\(path))\(hint(name))")
        }
        let program = absolute(name, below: folder)
        guard FileManager.default.fileExists(atPath: program) else {
            throw Refusal(
                message: "\"\(name)\" is no program that can be run: there is no file \(program)\(hint(name))")
        }
        guard !isFolder(program) else {
            throw Refusal(message: "\"\(name)\" is no program that can be run: \(program) is a folder")
        }
        guard isProgram(program) else {
            throw Refusal(
                message: "\"\(name)\" is no program that can be run: it is not executable; `chmod +x \(program)`")
        }
        return try interpreted(program, path)
    }

    /// - Throws: When the first line of a script names an interpreter that is not there.
    private static func interpreted(_ program: String, _ path: String) throws(Refusal) -> String {
        guard let file = FileHandle(forReadingAtPath: program),
            let head = try? file.read(upToCount: longestFirstLine), head.starts(with: Array("#!".utf8))
        else { return program }
        let line = String(decoding: head.dropFirst(2).prefix { $0 != 0x0A }, as: UTF8.self)
        if line.hasSuffix("\r") {
            throw Refusal(message: "\(program) has the line ends of Windows, so its first line names no program")
        }
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let interpreter = words.first else { return program }
        guard isProgram(interpreter) else {
            throw Refusal(message: "the first line of \(program) names \(interpreter), which is not there")
        }
        if interpreter.hasSuffix("/env"), words.count > 1,
            let name = words.dropFirst().first(where: { !$0.hasPrefix("-") }),
            !name.contains("="), find(name, path: path) == nil
        {
            throw Refusal(message: "the first line of \(program) names \(name), which is not on PATH (\(path))")
        }
        return program
    }

    private static func hint(_ name: String) -> String {
        name.contains(where: \.isWhitespace)
            ? "; the program and each argument are items of their own: [\(name.split(separator: " ").joined(separator: ", "))]"
            : ""
    }

    static func absolute(_ path: String, below folder: String) -> String {
        let full = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        return URL(fileURLWithPath: full).standardizedFileURL.path
    }

    /// The program of a name on `path`.
    static func find(_ name: String, path: String) -> String? {
        path.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }.first(where: isProgram)
    }

    private static func isProgram(_ path: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: path) && !isFolder(path)
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
