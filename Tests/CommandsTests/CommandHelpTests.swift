import Foundation
import Testing

@testable import martlet

@Suite(.timeLimit(.minutes(1)))
struct CommandHelpTests {
    @Test(arguments: CommandHelp.paths)
    func `every command says what it does, its options and an example that is one`(path: [String]) throws {
        let text = try #require(CommandHelp.text(path))
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("Usage: martlet \(path.joined(separator: " "))"))
        let example = try #require(lines.last)
        #expect(text.contains("\n\nExample:\n\(example)") && example.contains("martlet \(path.joined(separator: " "))"))
        #expect(lines.allSatisfy { $0.count <= 120 }, "\(lines.filter { $0.count > 120 })")
        // What the page tells is taken: neither the example nor an option is unknown to the command.
        let words = try #require(example.components(separatedBy: "martlet ").last).split(separator: " ")
            .prefix { !["|", ">"].contains($0) }.map { String($0).replacing("\"", with: "") }
        try parse(words.filter { $0 != "Lovelace" })
        for option in CommandHelp.options(path) {
            do {
                try parse(path + ["--\(option)"])
            } catch let error as UsageError {
                #expect(!error.message.contains("There is no option"), "\(error.message)")
            }
        }
    }

    private func parse(_ words: [String]) throws {
        let rest = Array(words.dropFirst())
        switch words[0] {
        case "bridge": _ = try BridgeCommand(arguments: rest, environment: [:])
        case "events": _ = try EventsCommand(arguments: rest, environment: [:])
        case "user": _ = try UserCommand(arguments: rest, environment: [:])
        case "loop": _ = try LoopCommand(arguments: rest, environment: [:])
        case "audit": _ = try AuditCommand(arguments: rest, environment: [:])
        case "config": _ = try ConfigCommand(arguments: rest)
        case "serve": _ = try ServeCommand(arguments: rest, environment: [:])
        default: break
        }
    }

    @Test(
        arguments: [
            ("help", []), ("help bridge lint", ["bridge", "lint"]), ("bridge lint a.yaml --help", ["bridge", "lint"]),
            ("bridge --help", ["bridge"]), ("bridge -h list", ["bridge", "list"]), ("audit --verify -h", ["audit"]),
            ("bridge fly --help", ["bridge"]), ("serve --help", ["serve"]),
            ("bridge lint a.yaml", nil), ("user password -- --help", nil), ("", nil), ("--help", nil),
        ] as [(String, [String]?)])
    func `help is asked for in every usual way`(line: String, path: [String]?) {
        #expect(CommandHelp.asked(line.split(separator: " ").map(String.init)) == path)
    }

    @Test func `a group of commands is listed, and what is none has no page`() {
        let text = CommandHelp.text(["user"]) ?? ""
        for word in ["list", "add", "close", "password"] { #expect(text.contains("martlet user \(word)")) }
        #expect(CommandHelp.text(["fly"]) == nil && CommandHelp.text([]) == nil)
    }
}
