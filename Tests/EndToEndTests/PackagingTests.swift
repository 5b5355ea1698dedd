import Foundation
import TestSupport
import Testing

/// What `make install` and the Debian package put in place.
@Suite(.timeLimit(.minutes(1)))
struct PackagingTests {
    private static let source = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private func shell(
        _ script: String, environment: [String: String] = [:]
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", script]
        process.currentDirectoryURL = URL(fileURLWithPath: Self.source)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    private func read(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func `everything is installed below the prefix, twice, and taken back without the configuration`() throws {
        let root = try temporaryDirectory()
        let environment = ["DESTDIR": root, "PREFIX": "/usr", "PROGRAM": MartletProcess.program.path]
        let install = try shell("packaging/install \"$PROGRAM\"", environment: environment)
        #expect(install.status == 0, "\(install.output)")
        let unit = try read(root + "/lib/systemd/system/martlet.service")
        #expect(unit.contains("ExecStart=/usr/bin/martlet serve --config /etc/martlet/martlet.yaml"))
        #expect(!unit.contains("@"))
        let settings = root + "/etc/martlet/martlet.yaml"
        // The server takes what it is installed with.
        let lint = try shell("\"$PROGRAM\" serve --config '\(settings)' --print-config", environment: environment)
        #expect(lint.status == 0, "\(lint.output)")

        try "listen: 127.0.0.1:9\n".write(toFile: settings, atomically: true, encoding: .utf8)
        #expect(try shell("packaging/install \"$PROGRAM\"", environment: environment).status == 0)
        #expect(try read(settings) == "listen: 127.0.0.1:9\n")

        let manual = try shell("gzip -dc '\(root)/usr/share/man/man1/martlet.1.gz'")
        let help = try shell("\"$PROGRAM\" --help", environment: environment).output
        let commands = Set(
            help.split(separator: "\n").filter { $0.hasPrefix("martlet ") }
                .compactMap { $0.split(separator: " ").dropFirst().first })
        #expect(commands.isSuperset(of: ["serve", "bridge", "events", "audit", "import"]))
        for command in commands where !command.contains(":") {
            // A hyphen is written as what it is, not as a place to break a word.
            let written = command.replacing("-", with: "\\-")
            #expect(manual.output.contains("\nmartlet \(written)"), "\(command) is not in the manual")
        }
        #expect(try shell("packaging/install --remove", environment: environment).status == 0)
        #expect(!FileManager.default.fileExists(atPath: root + "/usr/bin/martlet"))
        #expect(try read(settings) == "listen: 127.0.0.1:9\n")
    }

    @Test(arguments: [
        ("martlet b", "bridge"), ("martlet bridge de", "dead-letters"), ("martlet bridge pa", "pause"),
        ("martlet config sch", "schema"), ("martlet events tail --ty", "--types"), ("martlet unknown --xyz", ""),
    ])
    func `the shell completes commands and options`(line: String, expected: String) throws {
        let folder = try temporaryDirectory()
        let script = """
            ln -s "$PROGRAM" "$FOLDER/martlet"; PATH="$FOLDER:$PATH"
            source packaging/martlet.bash-completion
            COMP_WORDS=($LINE); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _martlet; echo "${COMPREPLY[*]}"
            """
        let answer = try shell(
            script, environment: ["PROGRAM": MartletProcess.program.path, "FOLDER": folder, "LINE": line])
        let words = Set(answer.output.split { $0.isWhitespace }.map(String.init))
        #expect(answer.status == 0 && words == (expected.isEmpty ? [] : [expected]), "\(answer.output)")
    }
}
