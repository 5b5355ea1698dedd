import Foundation
import MartletClient
import TestSupport
import Testing

@testable import Importing

@Suite(.timeLimit(.minutes(1)))
struct ImportOptionsTests {
    private func read(_ line: String, _ environment: [String: String] = ["MARTLET_TOKEN": "t"]) throws -> ImportOptions
    {
        try ImportOptions(arguments: line.split(separator: " ").map(String.init), environment: environment)
    }

    private func credentials(_ line: String, _ environment: [String: String]) throws -> String {
        switch try read("irc f --channel c \(line)", environment).credentials {
        case .token(let token): token
        case .password(let handle, let password): "\(handle)/\(password)"
        }
    }

    @Test func `options stand anywhere and in both forms`() throws {
        let options = try read(
            "irc a.txt --channel=#ubuntu b.txt --url http://h:1 --json --patience 5 --skip-refused -- --c.txt")
        #expect(options.files == ["a.txt", "b.txt", "--c.txt"] && options.channel == "ubuntu")
        #expect(options.url == "http://h:1" && options.printsJSON && options.skipsRefused)
        #expect(options.patience == .seconds(5))
        #expect(try read("irc f --channel c", ["MARTLET_TOKEN": "t", "MARTLET_URL": "http://e"]).url == "http://e")
    }

    @Test(arguments: [
        "", "csv f --channel c", "irc --channel c", "irc f", "irc f --channel", "irc f --channel #",
        "irc f --channel c --what",
        "irc f --channel c --patience soon", "irc f --channel c --patience -1", "irc f --channel c --json=yes",
        "irc f --channel c --zone Mars", "irc f --channel c --zone CET",
        "irc --help",
    ])
    func `a wrong command line is explained`(line: String) {
        #expect(throws: ImportError.self) { try read(line) }
    }

    @Test func `who imports is said by option, environment or the server's data folder`() throws {
        let folder = try temporaryDirectory()
        try Data(#"{"handle":"admin","password":"made up"}"#.utf8).write(
            to: URL(fileURLWithPath: folder + "/admin.json"))
        #expect(try credentials("--token a", ["MARTLET_TOKEN": "b"]) == "a")
        #expect(try credentials("", ["MARTLET_TOKEN": "b", "MARTLET_USER": "u"]) == "b")
        #expect(try credentials("--user u --password p", ["MARTLET_TOKEN": "b"]) == "u/p")
        #expect(try credentials("", ["MARTLET_USER": "u", "MARTLET_PASSWORD": "p"]) == "u/p")
        #expect(try credentials("--data \(folder)", [:]) == "admin/made up")
        #expect(try credentials("", ["MARTLET_DATA": folder, "MARTLET_TOKEN": ""]) == "admin/made up")
        #expect(throws: ImportError.self) { try credentials("--user u", [:]) }
        #expect(throws: ImportError.self) { try credentials("--data \(folder)/none", [:]) }
        try Data("{".utf8).write(to: URL(fileURLWithPath: folder + "/admin.json"))
        #expect(throws: ImportError.self) { try credentials("--data \(folder)", [:]) }
    }
}
